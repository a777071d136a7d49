#include "actors/runtime/task_threads.hpp"

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include <pthread.h>

namespace weir::actors {

namespace {

class task_thread final : public worker {
public:
  explicit task_thread(const std::string& name) : thread_{[this] { run(); }} {
    pthread_setname_np(thread_.native_handle(), name.substr(0, 15).c_str());
  }

  ~task_thread() override {
    {
      std::lock_guard guard{mutex_};
      stopped_ = true;
    }
    changed_.notify_one();
    // The last user may be a job of this very thread.
    if (thread_.get_id() == std::this_thread::get_id())
      thread_.detach();
    else
      thread_.join();
  }

  void post(std::function<void()> job) override {
    {
      std::lock_guard guard{mutex_};
      jobs_.push_back(std::move(job));
    }
    changed_.notify_one();
  }

private:
  void run() {
    for (;;) {
      std::function<void()> job;
      {
        std::unique_lock guard{mutex_};
        changed_.wait(guard, [this] { return stopped_ || !jobs_.empty(); });
        if (stopped_)
          return;
        job = std::move(jobs_.front());
        jobs_.pop_front();
      }
      job();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  bool stopped_ = false;
  std::thread thread_;
};

class task_threads final : public worker_factory {
public:
  std::shared_ptr<worker> make(const std::string& name) override {
    std::lock_guard guard{mutex_};
    auto& found = threads_[name];
    if (!found)
      found = std::make_shared<task_thread>(name);
    return found;
  }

private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<worker>> threads_;
};

} // namespace

std::shared_ptr<worker_factory> make_task_threads() { return std::make_shared<task_threads>(); }

} // namespace weir::actors
