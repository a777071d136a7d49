#pragma once

#include <barrier>
#include <pthread.h>
#include <sched.h>
#include <thread>

/// Two threads, each on a core of its own: what the yardsticks for two executors run on.
namespace weir::bench {

inline void stay_on_core(int core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(core, &cores);
  pthread_setaffinity_np(pthread_self(), sizeof cores, &cores); // without a second core both share the one
}

/// Calls `body(me, meet)` on two threads, me = 0 and 1; `meet()` waits for the other one.
template <class Body>
void run_pair(const Body& body) {
  std::barrier<> both{2};
  auto run = [&](int me) {
    stay_on_core(me);
    body(me, [&] { both.arrive_and_wait(); });
  };
  std::thread other{run, 1};
  std::thread one{run, 0};
  one.join();
  other.join();
}

} // namespace weir::bench
