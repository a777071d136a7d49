#pragma once

#include <memory>
#include <vector>

#include "actors/node/worker.hpp"
#include "libstream/plan/job_runner.hpp"

namespace weir::actors {

/// Runs the tasks of jobs (actions on datasets) on the threads of the executors, between their tasks, and on the caller's own: so a job
/// goes on whatever the executors are busy with. Jobs that begin when the workers are gone run on the caller's thread alone.
std::shared_ptr<plan::job_runner> make_executor_jobs(const std::shared_ptr<worker_factory>& workers,
                                                     std::uint32_t executors);

} // namespace weir::actors

namespace weir {

/// While it lives, actions on datasets of this process use so many threads: for programs that run no stream. One that does needs none.
class local_executors {
public:
  explicit local_executors(std::uint32_t count);

private:
  std::shared_ptr<actors::worker_factory> workers_;
  std::shared_ptr<void> jobs_;
};

} // namespace weir
