#include "actors/runtime/executor_jobs.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "actors/runtime/task_threads.hpp"
#include "libstream/api/dataset_jobs.hpp"

namespace weir::actors {

namespace {

/// One stage of a job. Threads that come when all tasks are taken find nothing to do, whether or not the caller is still there.
struct shared_tasks {
  const std::function<void(std::size_t)>* task; ///< the caller's; valid while a task is not done
  std::size_t count;
  std::atomic<std::size_t> taken{0};
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t done = 0;

  void work() {
    for (std::size_t index; (index = taken.fetch_add(1)) < count;) {
      (*task)(index);
      std::lock_guard guard{mutex};
      if (++done == count)
        changed.notify_all();
    }
  }
  void wait() {
    std::unique_lock guard{mutex};
    changed.wait(guard, [this] { return done == count; });
  }
};

class executor_jobs final : public plan::job_runner {
public:
  explicit executor_jobs(std::vector<std::weak_ptr<worker>> workers) : workers_{std::move(workers)} {}

  void for_each(std::size_t count, const std::function<void(std::size_t)>& task) override {
    if (count == 0)
      return;
    auto shared = std::make_shared<shared_tasks>();
    shared->task = &task;
    shared->count = count;
    for (std::size_t index = 0; index < std::min(workers_.size(), count - 1); ++index)
      if (auto worker = workers_[index].lock())
        worker->post([shared] { shared->work(); });
    shared->work();
    shared->wait();
  }
  std::size_t width() const override { return workers_.size() + 1; }

private:
  std::vector<std::weak_ptr<worker>> workers_;
};

} // namespace

std::shared_ptr<plan::job_runner> make_executor_jobs(const std::shared_ptr<worker_factory>& workers,
                                                     std::uint32_t executors) {
  std::vector<std::weak_ptr<worker>> idle;
  for (std::uint32_t index = 0; index < executors; ++index)
    idle.push_back(workers->make("executor-" + std::to_string(index)));
  return std::make_shared<executor_jobs>(std::move(idle));
}

} // namespace weir::actors

namespace weir {

local_executors::local_executors(std::uint32_t count)
  : workers_{actors::make_task_threads()},
    jobs_{run_jobs_on(actors::make_executor_jobs(workers_, count > 0 ? count - 1 : 0))} {}

} // namespace weir
