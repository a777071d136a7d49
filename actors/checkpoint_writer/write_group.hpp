#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "actors/node/services.hpp"

namespace weir::actors {

/// Requests that become durable together. The actor fills it until the log thread takes it; then the thread writes it, and once it has
/// said so the actor answers. So the thread goes from one transaction to the next without waiting for a message.
class write_group {
public:
  struct step {
    /// Adds its changes; on the log thread, so it may read the log. Null: nothing to write.
    std::function<result<void>(log::transaction&, const log::store&)> write;
    /// Called by the actor once the group is durable.
    std::function<void()> answer;
    bool frees = false; ///< it only makes room, and rests on nothing that is not durable: on a full disk it goes first
    std::uint64_t bytes = 0;            ///< of blocks and staged outputs
    const char* fault_before = nullptr; ///< names of fault points around the commit
    const char* fault_after = nullptr;
  };

  /// False, and the step is untouched: the group is on its way, or so many bytes more are too many for one transaction.
  bool add(step& next);

  /// Commits the whole group as one transaction. On the log thread, once.
  result<void> write(log::store& into);

  /// Once it is written.
  const std::vector<step>& steps() const { return steps_; }
  /// Once it was refused: nothing of it was written.
  std::vector<step> take_steps() { return std::move(steps_); }

private:
  std::mutex mutex_;
  bool taken_ = false;
  std::vector<step> steps_;
  std::uint64_t bytes_ = 0; ///< to keep transactions bounded
};

} // namespace weir::actors
