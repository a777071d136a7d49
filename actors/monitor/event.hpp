#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actors/node/role.hpp"
#include "libstream/base/ids.hpp"

namespace weir::actors {

/// `notice` is what an operator wants to read of every life: few lines, none of them a batch's.
enum class log_level { error, warning, notice, info, debug };

/// One thing that happened, for logs: what it is called, what it concerns, and a sentence for people.
struct event {
  const char* name; ///< never changes, as scripts look for it: "records_skipped"; lives as long as the program
  log_level level = log_level::warning;
  /// It may come again and again, or a stranger can cause it: beyond a few, lines of this name are counted instead of written.
  bool limited = false;
  std::optional<batch_id> batch{};
  std::optional<partition_index> partition{};
  std::optional<weir::epoch> epoch{};
  std::optional<address> actor{};
  std::string message{};
  std::vector<std::pair<const char*, std::string>> more{}; ///< further fields by name
};

} // namespace weir::actors
