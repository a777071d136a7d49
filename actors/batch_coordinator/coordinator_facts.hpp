#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actors/batch_coordinator/batch_bounds.hpp"
#include "actors/batch_coordinator/rate_controller.hpp"
#include "actors/node/placement.hpp"
#include "libstream/log/records.hpp"
#include "libstream/plan/task.hpp"

namespace weir::actors {

/// What a coordinator knows before its first act, and what never changes while it lives.
struct coordinator_facts {
  struct input {
    std::string name;         ///< as people know it
    std::uint32_t source = 0; ///< which source stages read it, as `plan::stage::source` says it
    bool given_up = false;    ///< nobody reads it
    bool replayable = false;  ///< it can be read again; records of others are received
    std::string directory;    ///< that is read; empty = it is none
  };

  std::uint64_t incarnation = 0;
  node_id node;              ///< its own, whose writer has the log of batches
  std::vector<input> inputs; ///< position = input_id
  std::shared_ptr<const plan::physical_plan> plan;
  std::uint32_t partitions = 1;
  placement owners;
  std::vector<log::static_table> tables; ///< what batches are computed with beside their input
  batch_bounds bounds;
  std::chrono::microseconds batch_interval{100'000};
  std::chrono::milliseconds retry_interval{2'000};
  std::chrono::microseconds stop_when_idle{0}; ///< zero = never
  rate_controller::parameters rates;
  bool draining = false; ///< the successor of one that was draining
  /// What a person calls that partition.
  std::function<std::string(input_id, const std::string& partition)> describe;
};

} // namespace weir::actors
