#include "actors/runtime/alarm.hpp"

#include <csignal>
#include <pthread.h>

namespace weir::actors {

alarm::alarm(std::chrono::milliseconds after, std::function<void()> ring) {
  sigset_t all, before; // signals are the main thread's business
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread{[this, due = std::chrono::steady_clock::now() + after, ring = std::move(ring)] {
    std::unique_lock guard{mutex_};
    if (changed_.wait_until(guard, due, [this] { return cancelled_; }))
      return;
    guard.unlock();
    ring();
  }};
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
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
