#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/application/settings.hpp"
#include "actors/monitor/journal.hpp"
#include "actors/node/file_system.hpp"
#include "actors/sources/ingest_server.hpp"

namespace caf {
class actor_system;
} // namespace caf

namespace weir::actors {

/// What the command line (or a test) decides about a run.
struct runtime_options {
  std::string application;       ///< names the owner of the data directory
  std::string data_dir;          ///< empty = no log: then only inputs that can be read again are allowed
  bool default_data_dir = false; ///< nobody typed it: its parents may be created
  std::uint32_t partitions = 0;  ///< at first start; 0 = twice the executors
  std::uint32_t repartition = 0; ///< changes the stored number; 0 = keep it
  /// Inputs that the data directory knows and that are given up: their names there, or their URLs.
  std::vector<std::string> forget_inputs;
  bool after_restore = false; ///< the data directory may be an older copy of itself: outputs may have younger batches
  /// A damaged data directory lay at this place, and was moved away on purpose: the new one takes over its outputs.
  bool after_set_aside = false;
  std::optional<std::chrono::milliseconds> stop_after; ///< drains this long after the start
  bool interval_given = false;                         ///< somebody said `settings.batch_interval` on purpose
  /// Where local tools may ask; empty = in the data directory, none without one. "none" = nowhere.
  std::string control_socket;
  actors::settings settings;
  std::shared_ptr<actors::journal> journal; ///< null: warnings go to standard error

  caf::actor_system* system = nullptr; ///< the user's own, prepared by `configure`; null: the runtime makes one

  // Seams for tests and benchmarks; empty = the real ones.
  std::shared_ptr<ingest_transport> ingest; ///< producers without sockets; their records need no log
  std::shared_ptr<file_system> files;       ///< where text outputs go
  std::function<result<void>(std::string_view text)> print;
};

/// How long a graceful stop may take: what was set, or ten batch intervals, but at least ten seconds and at most a minute.
inline std::chrono::milliseconds drain_limit(const settings& of) {
  if (of.graceful_stop_limit.count() > 0)
    return of.graceful_stop_limit;
  return std::clamp(std::chrono::ceil<std::chrono::milliseconds>(10 * of.batch_interval),
                    std::chrono::milliseconds{10'000}, std::chrono::milliseconds{60'000});
}

} // namespace weir::actors
