#include "actors/monitor/bounded_writer.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <string_view>

#include <poll.h>
#include <unistd.h>

namespace weir::actors {

void bounded_writer::write(const std::string& line) {
  if (!put({})) { // the rest of the line before
    ++left_out_;
    return;
  }
  if (left_out_ > 0) {
    auto told = left_out_;
    auto notice = std::to_string(told) + " lines were left out here, as nobody read them\n";
    auto whole = put(notice);
    if (unfinished_.size() == notice.size()) // nothing of it was written
      unfinished_.clear();
    else
      left_out_ -= told;
    if (!whole) {
      ++left_out_;
      return;
    }
  }
  if (!put(line) && unfinished_.size() == line.size()) { // nothing of it was written
    unfinished_.clear();
    ++left_out_;
  }
}

bool bounded_writer::put(const std::string& line) {
  unfinished_ += line;
  std::string_view unwritten = unfinished_;
  while (!unwritten.empty() && has_room()) {
    // So much a pipe that has room takes at once, without blocking.
    auto written = ::write(descriptor_, unwritten.data(), std::min<std::size_t>(unwritten.size(), PIPE_BUF));
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0) { // nobody listens: nothing that could be told
      unfinished_.clear();
      return true;
    }
    unwritten.remove_prefix(static_cast<std::size_t>(written));
  }
  stands_still_ = !unwritten.empty();
  unfinished_.erase(0, unfinished_.size() - unwritten.size());
  return unfinished_.empty();
}

bool bounded_writer::has_room() const {
  pollfd writable{descriptor_, POLLOUT, 0};
  return ::poll(&writable, 1, stands_still_ ? 0 : patience_ms_) != 0; // errors show when it is written
}

} // namespace weir::actors
