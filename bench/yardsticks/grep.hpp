#pragma once

#include <cstdint>
#include <string_view>

namespace weir::bench {

/// How many lines hold `pattern` (two bytes or more). Searches the block by the pattern's first and last byte, and looks for a line's
/// end only behind a hit. 128 bytes behind the end are readable.
std::uint64_t count_lines_with(std::string_view text, std::string_view pattern, int times);
/// The same, half of the text on each of two threads.
std::uint64_t count_lines_with_by_two(std::string_view text, std::string_view pattern, int times);

} // namespace weir::bench
