#pragma once

#include <string>
#include <string_view>

namespace weir {

/// A text in quotes, as JSON and TOML both have it, whatever its bytes are: control characters are escaped, so that nobody can forge a line
/// of a log or speak to a terminal, and what is no UTF-8 becomes U+FFFD.
std::string json_text(std::string_view text);

} // namespace weir
