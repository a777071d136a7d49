#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace weir::plan {

/// What runs the tasks of one stage of a job: an action on a dataset. A runtime brings one that uses its executors.
class job_runner {
public:
  virtual ~job_runner() = default;
  /// Calls `task(0)` to `task(count - 1)`, in any order and perhaps at the same time on several threads, the caller's among them, and returns
  /// when all have returned. `task` does not throw. Any thread may call, also within a task.
  virtual void for_each(std::size_t count, const std::function<void(std::size_t)>& task) = 0;
  /// How many tasks can run at once.
  virtual std::size_t width() const = 0;
};

/// Runs tasks one after the other on the calling thread.
class sequential_jobs final : public job_runner {
public:
  void for_each(std::size_t count, const std::function<void(std::size_t)>& task) override {
    for (std::size_t at = 0; at < count; ++at)
      task(at);
  }
  std::size_t width() const override { return 1; }
};

} // namespace weir::plan
