#pragma once

#include <csignal>
#include <thread>
#include <utility>

namespace weir::actors {

/// Starts a thread that takes no signals: they are the main thread's business.
template <class Function>
std::thread start_quiet_thread(Function function) {
  sigset_t every_signal, before;
  sigfillset(&every_signal);
  pthread_sigmask(SIG_SETMASK, &every_signal, &before);
  std::thread started{std::move(function)};
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return started;
}

} // namespace weir::actors
