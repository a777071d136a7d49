#include "actors/sinks/printer.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <utility>

#include <poll.h>
#include <stdio_ext.h>
#include <unistd.h>

namespace weir::actors {

namespace {

constexpr const char* where = "standard output";
constexpr std::size_t most_finished = 16;

tl::unexpected<error> stalled() {
  return fail_full("cannot print: its reader is slow, or does not read", where,
                   "let the reader go on, or print into a file");
}

tl::unexpected<error> broken(int reason) {
  if (is_full_disk(reason))
    return fail_full(std::string{"cannot print: "} + std::strerror(reason), where, how_to_make_room(reason));
  auto problem = reason == EPIPE ? "its reader has gone" : reason == EBADF ? "it is closed" : std::strerror(reason);
  return fail(error_code::disk, std::string{"cannot print: "} + problem, where,
              "keep its reader open, or print into a file; what was not shown is in the log, if there is one");
}

} // namespace

result<void> printer::print(std::string_view text) {
  std::lock_guard guard{mutex_};
  auto until = clock::now() + patience_;
  if (auto printed = std::find(finished_.begin(), finished_.end(), text); printed != finished_.end()) {
    finished_.erase(printed);
    return {};
  }
  if (!begun_.empty() && begun_ != text) { // of another output: first its rest, so that lines stay whole
    if (auto done = go_on(until); !done)
      return done;
    if (finished_.size() == most_finished) // of outputs that were started again, and ask for other texts
      finished_.erase(finished_.begin());
    finished_.push_back(std::exchange(begun_, {}));
  }
  if (begun_.empty()) {
    begun_ = text;
    written_ = 0;
  }
  auto done = go_on(until);
  if (done || written_ == 0)
    begun_.clear();
  return done;
}

result<void> printer::go_on(clock::time_point until) {
  while (written_ < begun_.size()) {
    if (!has_room(until))
      return stalled();
    // So much a pipe that has room takes at once, without blocking.
    auto size = std::min<std::size_t>(begun_.size() - written_, PIPE_BUF);
    auto done = ::write(descriptor_, begun_.data() + written_, size);
    if (done < 0 && (errno == EINTR || errno == EAGAIN)) {
      if (clock::now() >= until)
        return stalled();
      continue;
    }
    if (done <= 0)
      return broken(done < 0 ? errno : EPIPE);
    written_ += static_cast<std::size_t>(done);
  }
  return {};
}

bool printer::has_room(clock::time_point until) const {
  auto left = std::chrono::ceil<std::chrono::milliseconds>(until - clock::now()).count();
  pollfd writable{descriptor_, POLLOUT, 0};
  return ::poll(&writable, 1, static_cast<int>(std::max<std::int64_t>(left, 0))) != 0; // errors show when it is written
}

result<void> print_to_standard_output(std::string_view text) {
  static printer of_process{STDOUT_FILENO};
  pollfd writable{STDOUT_FILENO, POLLOUT, 0};
  if (__fpending(stdout) > 0 && ::poll(&writable, 1, 0) == 1)
    std::fflush(stdout); // what the program said before; an error shows again below
  return of_process.print(text);
}

} // namespace weir::actors
