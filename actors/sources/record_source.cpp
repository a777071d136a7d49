#include "actors/sources/record_source.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <sys/stat.h>
#include <unistd.h>

namespace weir::actors {

namespace {

/// How long a record waits for others to share its frame.
constexpr std::chrono::milliseconds gathering_time{2};

bool is_always_readable(int input) {
  struct stat status {};
  return ::fstat(input, &status) == 0 &&
         (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode) || S_ISBLK(status.st_mode));
}

} // namespace

record_source::record_source(asio::io_context& context, int input, std::uint64_t rate, std::function<void()> ready)
  : pollable_{context},
    timer_{context},
    ready_{std::move(ready)},
    input_{input},
    flags_before_{::fcntl(input, F_GETFL)},
    rate_{rate} {
  if (flags_before_ < 0 || is_always_readable(input))
    return;
  io_error ignored; // what cannot be polled is read at once
  if (auto copy = ::fcntl(input, F_DUPFD_CLOEXEC, 0); copy >= 0) {
    pollable_.assign(copy, ignored);
    pollable_.native_non_blocking(true, ignored);
  }
}

record_source::~record_source() {
  if (!pollable_.is_open())
    return;
  io_error ignored;
  pollable_.close(ignored);
  ::fcntl(input_, F_SETFL, flags_before_);
}

void record_source::start(std::size_t max_record_bytes, std::size_t pack_bytes, std::uint64_t unpaced) {
  unpaced_ = rate_ > 0 ? unpaced : 0;
  packer_ = std::make_unique<record_packer>(max_record_bytes, pack_bytes);
  pack_bytes_ = pack_bytes;
  started_at_ = clock::now();
}

result<std::optional<record_pack>> record_source::take() {
  std::optional<record_pack> pack;
  if (auto read = fill(); !read)
    return tl::make_unexpected(read.error());
  if (!packer_->has_record())
    return pack;
  auto now = clock::now();
  if (unpaced_ > 0) {
    pack = packer_->take(unpaced_);
    unpaced_ -= pack ? pack->count : 0;
    started_at_ = now;
    return pack;
  }
  if (rate_ > 0) {
    pack = packer_->take(due(now));
  } else if (worth_taking(now)) {
    pack = packer_->take(std::numeric_limits<std::uint64_t>::max());
    waiting_since_.reset();
  }
  if (pack)
    taken_ += pack->count;
  return pack;
}

/// Records that should have been taken by now. If there are none, wakes up when there will be.
std::uint64_t record_source::due(clock::time_point now) {
  auto seconds = std::chrono::duration<double>{now - started_at_}.count();
  auto planned = static_cast<std::uint64_t>(seconds * static_cast<double>(rate_));
  if (planned > taken_)
    return planned - taken_;
  auto next = std::chrono::duration<double>{static_cast<double>(taken_ + 1) / static_cast<double>(rate_)};
  wake_at(std::max(now + gathering_time, started_at_ + std::chrono::duration_cast<clock::duration>(next)));
  return 0;
}

bool record_source::worth_taking(clock::time_point now) {
  if (packer_->ended() || packer_->waiting_bytes() >= pack_bytes_ / 2)
    return true;
  if (!waiting_since_)
    waiting_since_ = now;
  if (now - *waiting_since_ >= gathering_time)
    return true;
  wake_at(*waiting_since_ + gathering_time);
  return false;
}

result<void> record_source::fill() {
  // With a rate, what has been read is used up first.
  while (!packer_->ended() && !(rate_ > 0 && packer_->has_record()) && packer_->waiting_bytes() < pack_bytes_ / 2) {
    auto more = read_once();
    if (!more)
      return tl::make_unexpected(more.error());
    if (!*more)
      break;
  }
  // A record that is longer than a pack: read on until it is whole.
  while (!packer_->ended() && !packer_->has_record()) {
    auto more = read_once();
    if (!more)
      return tl::make_unexpected(more.error());
    if (!*more)
      break;
  }
  return {};
}

/// False if nothing can be read now.
result<bool> record_source::read_once() {
  auto space = packer_->space();
  if (space.empty())
    return false;
  for (;;) {
    auto got = ::read(input_, space.data(), space.size());
    if (got > 0) {
      packer_->filled(static_cast<std::size_t>(got));
      return true;
    }
    if (got == 0) {
      packer_->end();
      return true;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      await_input();
      return false;
    }
    if (errno != EINTR)
      return fail(weir::error_code::disk, std::string{"cannot read the input: "} + std::strerror(errno));
  }
}

void record_source::await_input() {
  if (std::exchange(awaiting_, true))
    return;
  pollable_.async_wait(asio::posix::stream_descriptor::wait_read, [this](io_error failure) {
    if (failure == asio::error::operation_aborted)
      return;
    awaiting_ = false;
    ready_();
  });
}

void record_source::wake_at(clock::time_point when) {
  if (std::exchange(waking_, true))
    return;
  timer_.expires_at(when);
  timer_.async_wait([this](io_error failure) {
    if (failure)
      return;
    waking_ = false;
    ready_();
  });
}

} // namespace weir::actors
