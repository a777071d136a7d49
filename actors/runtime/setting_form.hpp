#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libstream/base/error.hpp"

namespace weir::actors {

/// What a value of a setting looks like to people.
enum class setting_form {
  size,        ///< 64MiB; kept as bytes
  count,       ///< 3
  duration,    ///< 100ms; kept as microseconds
  boolean,     ///< true, false
  choice,      ///< one of some words; kept as word and as its place among them
  text,        ///< anything
  fixed_point, ///< 0.2; kept as millionths, so that it stays what was written
  list,        ///< several texts
};

/// The value of a setting, in the one of these parts that its form says.
struct setting_value {
  std::uint64_t number = 0;
  std::string text;
  std::vector<std::string> list;

  bool operator==(const setting_value&) const = default;
};

/// Of a fixed-point number.
inline constexpr std::uint64_t millionths = 1'000'000;

/// "0.2" as 200000. Exact: no more than six places behind the point.
result<std::uint64_t> parse_fixed_point(std::string_view text);
std::string format_fixed_point(std::uint64_t value);

/// Reads one value of any form but `list`. `words`: those of a choice. The error says what is wrong with the text, not where it stands.
result<setting_value> parse_setting(std::string_view text, setting_form form, const std::vector<std::string>& words);
/// The texts of a list: `["a", "b"]`, or one text as it stands.
result<std::vector<std::string>> parse_list(std::string_view text);

/// As a person would write it behind `KEY=`.
std::string format_setting(const setting_value& value, setting_form form);
/// As a TOML document has it: texts in quotes.
std::string format_toml(const setting_value& value, setting_form form);

} // namespace weir::actors
