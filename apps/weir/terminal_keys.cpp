#include "apps/weir/terminal_keys.hpp"

#include <algorithm>

#include <poll.h>
#include <unistd.h>

#include "apps/weir/interrupt.hpp"

namespace weir::tool {

namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// How long a signal that came just before a wait may go unnoticed.
constexpr milliseconds glance{50};

} // namespace

terminal_keys::terminal_keys() {
  termios now{};
  if (::isatty(STDIN_FILENO) == 0 || ::tcgetattr(STDIN_FILENO, &now) != 0)
    return;
  before_ = now;
  now.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  now.c_cc[VMIN] = 0;
  now.c_cc[VTIME] = 0;
  now.c_cc[VSUSP] = now.c_cc[VQUIT] = _POSIX_VDISABLE;
  ::tcsetattr(STDIN_FILENO, TCSANOW, &now);
}

terminal_keys::~terminal_keys() {
  if (before_)
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &*before_);
}

bool terminal_keys::quit_within(milliseconds limit) {
  for (auto until = clock::now() + limit; clock::now() < until && !interrupted();) {
    auto left = std::chrono::duration_cast<milliseconds>(until - clock::now()) + milliseconds{1};
    pollfd input{before_ ? STDIN_FILENO : -1, POLLIN, 0}; // -1 is only a pause
    if (::poll(&input, 1, static_cast<int>(std::min(left, glance).count())) <= 0)
      continue;
    char key = 0;
    if (::read(STDIN_FILENO, &key, 1) == 1)
      if (key == 'q' || key == 'Q')
        return true;
    if ((input.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0)
      return true; // nobody is there any more
  }
  return false;
}

} // namespace weir::tool
