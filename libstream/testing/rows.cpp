#include "libstream/testing/rows.hpp"

#include <algorithm>
#include <iterator>
#include <ostream>

#include "libstream/data/frames.hpp"

namespace weir::testing {

namespace {

/// Bytes that a terminal would not show become `\xNN`.
std::string shown(std::string_view bytes) {
  constexpr auto digits = "0123456789abcdef";
  std::string text;
  for (auto each : bytes) {
    auto byte = static_cast<unsigned char>(each);
    if (byte >= 0x20 && byte != 0x7f)
      text += each;
    else if (byte == '\t')
      text += "\\t";
    else
      ((text += "\\x") += digits[byte >> 4]) += digits[byte & 15];
  }
  return text;
}

} // namespace

std::ostream& operator<<(std::ostream& out, const row& shown_row) { return out << '"' << shown(shown_row.text) << '"'; }

rows::rows(std::initializer_list<row> lines) : rows(std::vector<row>(lines)) {}

rows::rows(std::vector<row> lines) : lines_{std::move(lines)} { std::sort(lines_.begin(), lines_.end()); }

rows rows::without(const rows& other) const {
  std::vector<row> others;
  std::set_difference(lines_.begin(), lines_.end(), other.lines_.begin(), other.lines_.end(),
                      std::back_inserter(others));
  return rows{std::move(others)};
}

std::ostream& operator<<(std::ostream& out, const rows& shown_rows) {
  out << "{ ";
  for (auto& line : shown_rows.lines())
    out << line << ' ';
  return out << '}';
}

std::vector<row> read_lines(std::string_view bytes) {
  std::vector<row> lines;
  while (!bytes.empty()) {
    auto end = std::min(bytes.find('\n'), bytes.size());
    lines.emplace_back(bytes.substr(0, end));
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
  }
  return lines;
}

std::vector<row> read_frames(std::string_view bytes) {
  std::vector<row> records;
  while (auto frame = data::take_frame(bytes))
    records.emplace_back(*frame);
  return records;
}

} // namespace weir::testing
