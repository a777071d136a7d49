#pragma once

#include <cstdint>

/// Arguments of operations that cannot be right. All throw plan_error.
namespace weir::api_detail {

void require_positive(std::uint32_t count, const char* operation);
void require_fraction(double fraction, bool with_replacement);

} // namespace weir::api_detail
