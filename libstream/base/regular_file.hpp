#pragma once

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace weir {

/// What `open_regular_file` gives when a pipe, device, socket or directory lies where a file is expected.
inline constexpr int not_a_regular_file = -2;

/// Opens a file that other programs may have replaced. Never waits, as opening a pipe does until somebody writes to it. The descriptor; -1, and
/// `errno` says why not; or `not_a_regular_file`.
inline int open_regular_file(const char* path, int flags) {
  auto opened = ::open(path, flags | O_NONBLOCK | O_CLOEXEC, 0600);
  if (opened < 0)
    return errno == ENXIO || errno == EISDIR ? not_a_regular_file : -1;
  struct stat status {};
  if (::fstat(opened, &status) == 0 && S_ISREG(status.st_mode))
    return opened;
  ::close(opened);
  return not_a_regular_file;
}

} // namespace weir
