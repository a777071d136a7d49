#include "libstream/base/text.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <utility>
#include <vector>

namespace weir {

namespace {

struct unit {
  std::string_view name;
  double factor;
};
constexpr unit duration_units[] = {{"us", 1}, {"ms", 1e3}, {"s", 1e6}, {"min", 60e6}, {"h", 3600e6}, {"d", 86'400e6}};
constexpr unit size_units[] = {{"", 1},          {"B", 1},           {"k", 1024.0},       {"KiB", 1024.0},
                               {"m", 1048576.0}, {"MiB", 1048576.0}, {"g", 1073741824.0}, {"GiB", 1073741824.0}};

template <std::size_t N>
result<double> parse_with_unit(std::string_view text, const unit (&units)[N], const char* expected) {
  double number = 0;
  auto [rest, problem] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  std::string_view name{rest, static_cast<std::size_t>(text.data() + text.size() - rest)};
  auto unit = std::find_if(std::begin(units), std::end(units), [&](auto& each) { return each.name == name; });
  // from_chars also takes "nan" and "inf"; the bound keeps what follows within 63 bits.
  if (problem == std::errc{} && unit != std::end(units) && number >= 0 && number * unit->factor < 9e18)
    return number * unit->factor;
  return fail(error_code::configuration, "'" + std::string{text} + "' is not " + expected);
}

} // namespace

result<std::chrono::microseconds> parse_duration(std::string_view text) {
  return parse_with_unit(text, duration_units, "a duration; write it with a unit: 250us, 10ms, 2s, 5min, 1h")
    .map([](double value) { return std::chrono::microseconds{static_cast<std::int64_t>(value + 0.5)}; });
}

std::string format_duration(std::chrono::microseconds value) {
  constexpr std::int64_t day = 86'400'000'000;
  auto count = value.count();
  if (count >= day && count % day == 0)
    return std::to_string(count / day) + "d";
  if (count >= 1'000'000 && count % 1'000'000 == 0)
    return std::to_string(count / 1'000'000) + "s";
  if (count >= 1'000 && count % 1'000 == 0)
    return std::to_string(count / 1'000) + "ms";
  return std::to_string(count) + "us";
}

result<std::uint64_t> parse_size(std::string_view text) {
  return parse_with_unit(text, size_units, "a size; write it as 65536, 64KiB, 64MiB or 1GiB").map([](double value) {
    return static_cast<std::uint64_t>(value + 0.5);
  });
}

std::string format_size(std::uint64_t bytes) {
  constexpr const char* names[] = {"B", "KiB", "MiB", "GiB"};
  int unit = 0;
  while (unit < 3 && bytes >= 1024 && bytes % 1024 == 0) {
    bytes /= 1024;
    ++unit;
  }
  return std::to_string(bytes) + names[unit];
}

result<std::uint64_t> parse_count(std::string_view text) {
  std::uint64_t number = 0;
  auto [rest, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc{} || rest != text.data() + text.size())
    return fail(error_code::configuration, "'" + std::string{text} + "' is not a whole number");
  return number;
}

namespace {

/// Bytes of the UTF-8 character at the front that a terminal only shows; 0 if it is none.
std::size_t shown_bytes(std::string_view text) {
  auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  auto first = byte(0);
  if (first < 0x80)
    return first >= 0x20 && first != 0x7f ? 1 : 0;
  std::size_t length = first >= 0xf0 && first <= 0xf4 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (first > 0xf4 || length == 0 || text.size() < length)
    return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0) != 0x80)
      return 0;
  auto is_control = first == 0xc2 && byte(1) < 0xa0; // C1
  auto turns_direction = first == 0xe2 && ((byte(1) == 0x80 && byte(2) >= 0xaa && byte(2) <= 0xae) ||
                                           (byte(1) == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9));
  return is_control || turns_direction ? 0 : length;
}

} // namespace

std::string printable(std::string_view text) {
  constexpr char digits[] = "0123456789abcdef";
  std::string shown;
  while (!text.empty()) {
    auto length = shown_bytes(text);
    if (length == 0) {
      auto byte = static_cast<unsigned char>(text[0]);
      shown += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
      length = 1;
    } else {
      shown += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return shown;
}

std::string nearest_name(std::string_view name, std::span<const std::string> candidates) {
  std::string best;
  auto best_distance = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (auto& candidate : candidates) {
    std::vector<std::size_t> row(candidate.size() + 1); // Levenshtein, one row at a time
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < name.size(); ++i) {
      auto diagonal = std::exchange(row[0], i + 1);
      for (std::size_t j = 0; j < candidate.size(); ++j) {
        auto change = diagonal + (name[i] != candidate[j]);
        diagonal = row[j + 1];
        row[j + 1] = std::min({change, row[j] + 1, diagonal + 1});
      }
    }
    if (row.back() < best_distance) {
      best_distance = row.back();
      best = candidate;
    }
  }
  return best;
}

} // namespace weir
