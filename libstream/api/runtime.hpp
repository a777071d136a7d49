#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "libstream/plan/task.hpp"

namespace weir {

/// What a stream context drives. libstream brings the inline one (`testing/inline_runtime.hpp`), `actors/runtime` the real one.
/// Called by the context's owner on one thread.
class runtime {
public:
  virtual ~runtime() = default;
  /// Begins to run the plan; returns when inputs are bound and batches will follow.
  virtual result<void> start(std::shared_ptr<const plan::physical_plan> plan) = 0;
  /// Graceful: takes no more input, and ends when all that was taken is published. Otherwise at once; the log keeps the rest.
  virtual void stop(bool graceful) = 0;
  /// Waits until the application has ended (true, or its first error) or the time is over (false). Empty = for ever.
  virtual result<bool> await(std::optional<std::chrono::milliseconds> limit) = 0;
};

} // namespace weir
