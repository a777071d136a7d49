#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

/// Text as lines: what ends with a newline, or with the text.
namespace weir::operators {

inline std::string_view without_carriage_return(std::string_view line) {
  if (!line.empty() && line.back() == '\r')
    line.remove_suffix(1);
  return line;
}

/// `visit(line)` for each, without its newline and one carriage return before that.
template <class Visit>
void for_each_line(std::string_view text, Visit&& visit) {
  auto end = text.data() + text.size();
  for (auto at = text.data(); at < end;) {
    auto newline = static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
    auto stop = newline ? newline : end;
    visit(without_carriage_return({at, static_cast<std::size_t>(stop - at)}));
    at = stop + 1;
  }
}

/// How many lines a text has; an unterminated last one counts.
std::uint64_t count_lines(std::string_view text);

/// Where `wanted` (one byte or more) first stands in `text`; npos if nowhere. Looks at its first and last byte in many places at a time;
/// what lies between is compared only where both fit.
std::size_t find_text(std::string_view text, std::string_view wanted);

/// False only if no line has more than `max_bytes`. Cost: a look at a few places.
bool may_hold_longer_line(std::string_view text, std::size_t max_bytes);

} // namespace weir::operators
