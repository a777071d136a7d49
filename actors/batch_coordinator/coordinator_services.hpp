#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "libstream/log/readable_logs.hpp"

namespace weir::actors {

/// What only the process has in which the coordinator lives. May be used from any thread.
struct coordinator_services {
  log::readable_batch_log log; ///< the checkpoint writer writes it
  /// Set by the runtime before it tells the coordinator to drain, so that a restarted coordinator knows.
  std::atomic<bool> draining{false};
  /// `--stop-when-idle` holds: the runtime should drain.
  std::function<void()> idle;
  /// The application has drained: all that was taken is published.
  std::function<void()> finished;
};

using coordination_ptr = std::shared_ptr<coordinator_services>;

} // namespace weir::actors
