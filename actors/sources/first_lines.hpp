#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace weir::actors {

/// The first `count` lines, each with its newline; all if there are fewer.
inline std::string_view first_lines(std::string_view text, std::uint64_t count) {
  std::size_t taken = 0;
  for (; count > 0; --count) {
    auto end = std::memchr(text.data() + taken, '\n', text.size() - taken);
    if (!end)
      return text;
    taken = static_cast<std::size_t>(static_cast<const char*>(end) - text.data()) + 1;
  }
  return text.substr(0, taken);
}

} // namespace weir::actors
