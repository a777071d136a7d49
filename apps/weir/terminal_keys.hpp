#pragma once

#include <chrono>
#include <optional>

#include <termios.h>

namespace weir::tool {

/// Keys that a person presses, without waiting for Enter and without showing them, while this lives. The terminal is as it was before
/// afterwards; so nothing may end the process meanwhile but `interrupted` (Ctrl-Z and Ctrl-\ do nothing). Without a terminal at standard
/// input there are no keys.
class terminal_keys {
public:
  terminal_keys();
  ~terminal_keys();
  terminal_keys(const terminal_keys&) = delete;
  terminal_keys& operator=(const terminal_keys&) = delete;

  /// True: q was pressed. False: the time is over, or the program was interrupted.
  bool quit_within(std::chrono::milliseconds limit);

private:
  std::optional<termios> before_;
};

} // namespace weir::tool
