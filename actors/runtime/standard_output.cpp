#include "actors/runtime/standard_output.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <iostream>
#include <poll.h>
#include <string>
#include <unistd.h>

#include "libstream/base/error.hpp"

namespace weir::actors {

namespace {

constexpr int broken_pipe_code = 141;

bool is_closed(int descriptor) { return ::fcntl(descriptor, F_GETFD) < 0; }

/// Looked at before main, since the first file that is opened takes the place of a closed descriptor.
struct closed_descriptors {
  bool closed[3] = {is_closed(0), is_closed(1), is_closed(2)};
};
const closed_descriptors at_start;

bool reader_is_gone() {
  pollfd end{STDOUT_FILENO, POLLOUT, 0};
  return ::poll(&end, 1, 0) == 1 && (end.revents & POLLERR) != 0;
}

/// Empty if everything has been written.
std::string what_went_wrong() {
  if (was_closed_at_start(STDOUT_FILENO))
    return "it is closed";
  errno = 0;
  std::cout.flush();
  auto flushed = std::fflush(stdout) == 0;
  auto reason = errno;
  if (flushed && std::cout.good() && std::ferror(stdout) == 0)
    return {};
  return reason != 0 ? std::strerror(reason) : "an earlier write has failed";
}

} // namespace

bool was_closed_at_start(int descriptor) { return descriptor >= 0 && descriptor < 3 && at_start.closed[descriptor]; }

int finish_standard_output(const char* program, int code) {
  auto problem = what_went_wrong();
  if (problem.empty())
    return code;
  if (!was_closed_at_start(STDOUT_FILENO) && reader_is_gone())
    return code != 0 ? code : broken_pipe_code;
  if (code == 0)
    std::fprintf(stderr, "%s: cannot write to standard output: %s; the output is incomplete\n", program,
                 problem.c_str());
  return code != 0 ? code : static_cast<int>(error_code::disk);
}

} // namespace weir::actors
