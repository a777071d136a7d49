#include "actors/runtime/stop_signals.hpp"

#include <atomic>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <pthread.h>
#include <thread>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace weir::actors {

namespace {

constexpr int second_signal_code = 130;
constexpr std::int64_t same_signal_ns = 200'000'000;

std::atomic<std::int64_t> first_ns{0}; ///< when the first one came; 0 = none has

std::int64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec + 1; // never 0
}

/// Async-signal-safe: any thread may be interrupted by it anywhere.
void take_signal(int) {
  auto now = now_ns();
  std::int64_t none = 0;
  if (!first_ns.compare_exchange_strong(none, now) && now - none >= same_signal_ns)
    ::_exit(second_signal_code);
}
static_assert(std::atomic<std::int64_t>::is_always_lock_free);

sigset_t both() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

} // namespace

struct stop_signals::state {
  sigset_t former_mask{};
  struct sigaction former_interrupt {};
  struct sigaction former_terminate {};
  int ended = ::eventfd(0, EFD_CLOEXEC);
  std::thread taker;
};

stop_signals::stop_signals() : state_{new state} {
  first_ns = 0;
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN); // a file that may not grow further is a full disk
  struct sigaction taken {};
  taken.sa_handler = take_signal;
  taken.sa_flags = SA_RESTART;
  taken.sa_mask = both();
  sigaction(SIGINT, &taken, &state_->former_interrupt);
  sigaction(SIGTERM, &taken, &state_->former_terminate);
  auto set = both();
  pthread_sigmask(SIG_BLOCK, &set, &state_->former_mask);
  state_->taker = std::thread{[ended = state_->ended] {
    auto mine = both();
    pthread_sigmask(SIG_UNBLOCK, &mine, nullptr);
    pollfd until{ended, POLLIN, 0};
    while (::poll(&until, 1, -1) < 0) {} // interrupted by a signal, which the handler has taken
  }};
}

stop_signals::~stop_signals() {
  ::eventfd_write(state_->ended, 1);
  state_->taker.join();
  ::close(state_->ended);
  sigaction(SIGINT, &state_->former_interrupt, nullptr);
  sigaction(SIGTERM, &state_->former_terminate, nullptr);
  pthread_sigmask(SIG_SETMASK, &state_->former_mask, nullptr);
  delete state_;
}

bool stop_signals::received() const { return first_ns != 0; }

} // namespace weir::actors
