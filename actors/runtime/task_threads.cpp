#include "actors/runtime/task_threads.hpp"

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <thread>

#include <pthread.h>

#include "actors/node/process_limits.hpp"
#include "libstream/base/runtime_thread.hpp"

namespace weir::actors {

namespace {

/// What a thread and its users share. The thread may outlive the worker: its last user may be one of its jobs.
struct job_queue {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::function<void()>> jobs;
  bool stopped = false;

  void run() {
    for (;;) {
      std::function<void()> job;
      {
        std::unique_lock guard{mutex};
        changed.wait(guard, [this] { return stopped || !jobs.empty(); });
        if (stopped)
          return;
        job = std::move(jobs.front());
        jobs.pop_front();
      }
      job();
    }
  }
};

class task_thread final : public worker {
public:
  explicit task_thread(const std::string& name)
    : thread_{[queue = queue_] {
        runtime_thread marked;
        queue->run();
      }} {
    pthread_setname_np(thread_.native_handle(), name.substr(0, 15).c_str());
  }

  ~task_thread() override {
    {
      std::lock_guard guard{queue_->mutex};
      queue_->stopped = true;
    }
    queue_->changed.notify_one();
    if (thread_.get_id() == std::this_thread::get_id())
      thread_.detach();
    else
      thread_.join();
  }

  void post(std::function<void()> job) override {
    {
      std::lock_guard guard{queue_->mutex};
      queue_->jobs.push_back(std::move(job));
    }
    queue_->changed.notify_one();
  }

private:
  std::shared_ptr<job_queue> queue_ = std::make_shared<job_queue>();
  std::thread thread_;
};

class task_threads final : public worker_factory {
public:
  std::shared_ptr<worker> make(const std::string& name) override {
    std::lock_guard guard{mutex_};
    auto& thread = threads_[name];
    if (!thread)
      thread = begin(name);
    return thread;
  }

private:
  static std::shared_ptr<worker> begin(const std::string& name) {
    try {
      return std::make_shared<task_thread>(name);
    } catch (const std::system_error& refused) { // ends the actor that asks, with this reason
      throw std::runtime_error{refused_thread(refused.code().message()).message()};
    }
  }

  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<worker>> threads_;
};

} // namespace

std::shared_ptr<worker_factory> make_task_threads() { return std::make_shared<task_threads>(); }

} // namespace weir::actors
