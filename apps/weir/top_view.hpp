#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace weir::tool {

/// How a status (docs/reference/status.md) is shown to people.
struct top_style {
  bool colours = false;
  std::size_t columns = 100; ///< longer lines are cut, and end in "…"; 0 = none is
  std::size_t rows = 0;      ///< more lines are left out, and the last one says how many; 0 = none is
};

/// One line each, without their ends. What the status does not have is left out; control characters of names and messages are replaced, so
/// that no stranger's text reaches the terminal as a command.
std::vector<std::string> top_lines(const nlohmann::json& status, const top_style& style);

/// 1234567 as "1,234,567".
std::string with_commas(std::uint64_t number);
/// Values as bars of eighths of a line's height, the greatest one full.
std::string bars(const std::vector<std::uint64_t>& values);

} // namespace weir::tool
