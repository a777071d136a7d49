#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "libstream/base/error.hpp"
#include "libstream/log/producer_book.hpp"
#include "libstream/log/store.hpp"

namespace weir::actors {

/// Names of fault points before and after something; null = none.
struct fault_places {
  const char* before = nullptr;
  const char* after = nullptr;
};

/// What one request asks of the disk.
struct write_step {
  log::transaction changes; ///< that are decided
  /// Adds what depends on the producers that the log holds; on the log thread. May be null.
  std::function<result<void>(log::transaction&, log::producer_book&)> look_up;
  /// Called by the actor once the step is durable.
  std::function<void()> answer;
  bool frees = false; ///< it only makes room, and rests on nothing that is not durable: on a full disk it goes first
  std::uint64_t bytes = 0; ///< of blocks and staged outputs
  fault_places faults;     ///< around the commit

  /// False: it only waits for its turn to be answered.
  bool writes() const { return !changes.empty() || look_up; }
};

/// Steps that become durable together. The actor fills it until the log thread takes it; then the thread writes it, and once it has
/// said so the actor answers. So the thread goes from one transaction to the next without waiting for a message.
class write_group {
public:
  /// Bytes of blocks and outputs in one transaction: enough that the sync no longer counts, little enough that an answer does not wait long.
  static constexpr std::uint64_t most_bytes = 8 * 1024 * 1024;

  /// False, and the step is untouched: the group is on its way, or so many bytes more are too many for one transaction.
  bool add(write_step& next);

  /// Commits the whole group as one transaction. On the log thread, once.
  result<void> write(log::store& into);

  /// Once it is written, or refused: then nothing of it was.
  std::vector<write_step> take_steps() { return std::move(steps_); }

private:
  std::mutex mutex_;
  bool taken_ = false;
  std::vector<write_step> steps_;
  std::uint64_t bytes_ = 0; ///< to keep transactions bounded
};

} // namespace weir::actors
