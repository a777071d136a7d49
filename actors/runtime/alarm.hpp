#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace weir::actors {

/// Calls `ring` once on a thread of its own when the time is over, unless it is destroyed before. Its destructor waits for a call that is
/// under way, so `ring` must return soon and must not destroy the alarm.
class alarm {
public:
  alarm(std::chrono::milliseconds after, std::function<void()> ring);
  ~alarm();
  alarm(const alarm&) = delete;
  alarm& operator=(const alarm&) = delete;

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool cancelled_ = false;
  std::thread thread_; // last: it uses all of them
};

} // namespace weir::actors
