#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace weir::data {

/// XXH3 (64 bits): what guards stored and sent bytes against damage. Not a protection against intent.
std::uint64_t checksum(std::string_view bytes, std::uint64_t seed = 0);

/// The checksum of the pieces joined.
std::uint64_t checksum(std::initializer_list<std::string_view> pieces, std::uint64_t seed = 0);

} // namespace weir::data
