#pragma once

#include <functional>
#include <string>
#include <vector>

#include "actors/node/services.hpp"

namespace weir::actors {

/// Requests that become durable together. Built by the actor, written on the log thread, answered by the actor.
struct write_group {
  struct step {
    /// Adds its changes; on the log thread, so it may read the log. Null: nothing to write.
    std::function<result<void>(log::transaction&, const log::store&)> write;
    /// Called by the actor once the group is durable.
    std::function<void()> answer;
    const char* fault_before = nullptr; ///< names of fault points around the commit
    const char* fault_after = nullptr;
  };
  std::vector<step> steps;
  std::uint64_t bytes = 0; ///< of blocks, to keep transactions bounded
};

/// Commits the whole group as one transaction. On the log thread.
result<void> write(const write_group& group, log::store& into);

} // namespace weir::actors
