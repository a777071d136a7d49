#include "apps/weir/interrupt.hpp"

#include <csignal>
#include <initializer_list>

namespace weir::tool {

namespace {
volatile std::sig_atomic_t seen = 0;
}

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = [](int) { seen = 1; };
  for (auto number : {SIGINT, SIGTERM, SIGHUP})
    sigaction(number, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

bool interrupted() { return seen != 0; }

} // namespace weir::tool
