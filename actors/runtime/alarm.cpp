#include "actors/runtime/alarm.hpp"

#include <pthread.h>

#include "actors/quiet_thread.hpp"

namespace weir::actors {

alarm::alarm(std::chrono::milliseconds after, std::function<void()> ring) {
  thread_ = start_quiet_thread([this, due = std::chrono::steady_clock::now() + after, ring = std::move(ring)] {
    std::unique_lock guard{mutex_};
    if (changed_.wait_until(guard, due, [this] { return cancelled_; }))
      return;
    guard.unlock();
    ring();
  });
}

alarm::~alarm() {
  {
    std::lock_guard guard{mutex_};
    cancelled_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

} // namespace weir::actors
