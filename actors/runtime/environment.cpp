#include "actors/runtime/environment.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <unistd.h>

#include "actors/runtime/setting_values.hpp"
#include "libstream/base/text.hpp"

namespace weir::actors {

namespace {

constexpr std::string_view prefix = "WEIR_";
/// Of the fault-injection experiments and of the tests, whose own variables all begin with the last one.
constexpr std::array<std::string_view, 3> of_tools{"WEIR_CHAOS_PAGE", "WEIR_BIN_DIR", config_variable};
constexpr std::string_view of_tests = "WEIR_TEST_";

bool is_of_tools(std::string_view name) {
  return name.starts_with(of_tests) || std::find(of_tools.begin(), of_tools.end(), name) != of_tools.end();
}

error unknown_variable(const std::string& name) {
  std::vector<std::string> known;
  for (auto& row : setting_table())
    known.push_back(row.variable());
  auto nearest = nearest_name(name, known);
  return {error_code::configuration, "unknown variable", name,
          nearest.empty() ? "`APP config` shows all keys; the variable of batch_interval is WEIR_BATCH_INTERVAL"
                          : "did you mean " + nearest + "?"};
}

} // namespace

environment_variables process_environment() {
  environment_variables variables;
  for (auto entry = environ; entry && *entry; ++entry) {
    std::string_view text{*entry};
    auto equals = text.find('=');
    if (text.starts_with(prefix) && equals != std::string_view::npos)
      variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

result<void> set_from_environment(const environment_variables& variables, setting_values& values) {
  auto& rows = setting_table();
  for (auto& [name, value] : variables) {
    if (is_of_tools(name))
      continue;
    auto row = std::find_if(rows.begin(), rows.end(), [&name = name](auto& each) { return each.variable() == name; });
    if (row == rows.end())
      return tl::make_unexpected(unknown_variable(name));
    if (auto done = values.set(row->key, value, {setting_origin::layer::environment, name}); !done)
      return done;
  }
  return {};
}

} // namespace weir::actors
