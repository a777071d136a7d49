#pragma once

#include "actors/monitor/composite_journal.hpp"
#include "actors/runtime/actor_runtime.hpp"

namespace weir::acceptance {

/// How cases run on the real runtime: short batches one after the other, two executors, no data directory, nothing told to people.
inline actors::runtime_options real_options() {
  actors::runtime_options options;
  options.application = "acceptance";
  options.partitions = 3;
  options.journal = std::make_shared<actors::composite_journal>(std::vector<std::shared_ptr<actors::journal>>{});
  options.settings.batch_interval = options.settings.block_interval = std::chrono::milliseconds{10};
  options.settings.executors = 2;
  options.settings.max_batches_in_flight = 1; // inputs number batches by the order in which they are asked
  options.print = [](std::string_view) { return result<void>{}; };
  return options;
}

} // namespace weir::acceptance
