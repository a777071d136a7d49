#include "actors/node/standard_descriptors.hpp"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

namespace weir::actors {

void open_missing_descriptors() {
  for (auto descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(descriptor, F_GETFD) < 0 && errno == EBADF) {
      auto way = descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY;
      if (auto opened = ::open("/dev/null", way); opened >= 0 && opened != descriptor) { // lower ones are open by now
        ::dup2(opened, descriptor);
        ::close(opened);
      }
    }
}

} // namespace weir::actors
