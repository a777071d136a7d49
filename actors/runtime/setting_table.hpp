#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "actors/node/services.hpp"

namespace weir::actors {

/// What a value of a setting looks like.
enum class setting_form { size, count, duration };

/// One setting that people may change. The table is the only place that knows of it.
struct setting_row {
  const char* key;
  setting_form form;
  std::uint64_t least; ///< bytes, number, or microseconds
  std::uint64_t most;
  const char* meaning;
};

const std::vector<setting_row>& setting_table();

/// Settings by key, from the command line now and from files and the environment later: whoever comes last is heard.
class setting_values {
public:
  /// `origin` names whence it comes ("--set", "app.toml:12"). Error 78: the key is unknown (names the nearest), the value is not of its
  /// form, or out of its range.
  result<void> set(std::string_view key, std::string_view value, const std::string& origin);
  /// The same for "KEY=VALUE".
  result<void> set(std::string_view assignment, const std::string& origin);

  /// Changes what was set, and the budgets that follow from `memory.limit` and were not set themselves. `into` has its inputs, executors
  /// and batch interval already; `partitions`: as many as tables are cut into. Error 78: what was set does not fit together.
  result<void> apply(settings& into, std::uint32_t partitions) const;

private:
  std::map<std::string, std::uint64_t, std::less<>> values_;
};

} // namespace weir::actors
