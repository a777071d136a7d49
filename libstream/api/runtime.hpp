#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "libstream/api/listener_list.hpp"
#include "libstream/plan/task.hpp"

namespace weir {

/// What a stream context drives. The real one is in `actors/runtime`; the test driver (`testing/`) runs plans without one.
/// `start` is called first, once; the rest may be called from any thread then.
class runtime {
public:
  virtual ~runtime() = default;
  /// Begins to run the plan; returns when inputs are bound and batches will follow.
  virtual result<void> start(std::shared_ptr<const plan::physical_plan> plan) = 0;
  /// Graceful: takes no more input, and ends when all that was taken is published. Otherwise at once; the log keeps the rest.
  virtual void stop(bool graceful) = 0;
  /// How far apart batch times are; 0 = unknown.
  virtual std::chrono::milliseconds batch_interval() const { return {}; }
  /// Before `stop(true)`: how long it may take. When the time is over the application ends at once, and `await` says what was left.
  virtual void limit_drain(std::chrono::milliseconds) {}
  /// Before `start`: whom to tell what happens. They may change while it runs.
  virtual void use_listeners(std::shared_ptr<const listener_list>) {}
  /// Waits until the application has ended (true, or its first error) or the time is over (false). Empty = for ever.
  virtual result<bool> await(std::optional<std::chrono::milliseconds> limit) = 0;
};

} // namespace weir
