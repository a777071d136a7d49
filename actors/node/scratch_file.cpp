#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "actors/node/scratch.hpp"
#include "libstream/base/limits.hpp"

namespace weir::actors {

namespace {

/// A file larger than this is cut when nothing is in it any more; a smaller one keeps its blocks for the next time.
constexpr std::uint64_t kept_bytes = 256 * limits::mib;

/// Which ranges of the file are in use. Not thread-safe.
class free_ranges {
public:
  /// The first gap that is large enough, else the end.
  std::uint64_t take(std::uint64_t size) {
    for (auto at = gaps_.begin(); at != gaps_.end(); ++at) {
      if (at->second < size)
        continue;
      auto [from, had] = *at;
      gaps_.erase(at);
      if (had > size)
        gaps_.emplace(from + size, had - size);
      return from;
    }
    return std::exchange(end_, end_ + size);
  }

  void give(std::uint64_t from, std::uint64_t size) {
    if (size == 0)
      return;
    auto next = gaps_.lower_bound(from);
    if (next != gaps_.begin())
      if (auto before = std::prev(next); before->first + before->second == from) {
        from = before->first;
        size += before->second;
        gaps_.erase(before);
      }
    if (next != gaps_.end() && from + size == next->first) {
      size += next->second;
      gaps_.erase(next);
    }
    if (from + size == end_)
      end_ = from;
    else
      gaps_.emplace(from, size);
  }

  std::uint64_t end() const { return end_; }

private:
  std::map<std::uint64_t, std::uint64_t> gaps_; ///< position → size
  std::uint64_t end_ = 0;
};

/// The open file, alive as long as anything in it.
class scratch_space {
public:
  explicit scratch_space(std::string directory) : directory_{std::move(directory)} {}
  ~scratch_space() {
    if (fd_ >= 0)
      ::close(fd_);
  }
  scratch_space(const scratch_space&) = delete;
  scratch_space& operator=(const scratch_space&) = delete;

  result<std::uint64_t> write(std::string_view bytes) {
    std::uint64_t from = 0;
    {
      std::lock_guard guard{mutex_};
      if (auto opened = open(); !opened)
        return tl::make_unexpected(opened.error());
      from = ranges_.take(bytes.size());
      largest_ = std::max(largest_, ranges_.end());
    }
    if (auto written = write_at(from, bytes); !written) {
      release(from, bytes.size());
      return tl::make_unexpected(written.error());
    }
    return from;
  }

  result<data::buffer_handle> read(std::uint64_t from, std::uint64_t size) const {
    auto bytes = std::make_shared<data::buffer>(size);
    std::uint64_t done = 0;
    while (done < size) {
      auto got = ::pread(fd_, bytes->data() + done, size - done, static_cast<off_t>(from + done));
      if (got < 0 && errno == EINTR)
        continue;
      if (got <= 0)
        return refuse("read", got == 0 ? EIO : errno);
      done += static_cast<std::uint64_t>(got);
    }
    bytes->resize(size);
    return bytes;
  }

  void release(std::uint64_t from, std::uint64_t size) {
    std::lock_guard guard{mutex_};
    ranges_.give(from, size);
    if (ranges_.end() == 0 && largest_ > kept_bytes && ::ftruncate(fd_, 0) == 0)
      largest_ = 0;
  }

private:
  result<void> open() {
    if (fd_ >= 0)
      return {};
    if (::mkdir(directory_.c_str(), 0755) != 0 && errno != EEXIST)
      return refuse("make the directory of", errno);
    fd_ = ::open(directory_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd_ < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT)) { // not every file system can
      auto name = directory_ + "/scratch-XXXXXX";
      fd_ = ::mkostemp(name.data(), O_CLOEXEC);
      if (fd_ >= 0)
        ::unlink(name.c_str());
    }
    if (fd_ < 0)
      return refuse("create", errno);
    return {};
  }

  result<void> write_at(std::uint64_t from, std::string_view bytes) {
    while (!bytes.empty()) {
      auto written = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(from));
      if (written < 0 && errno == EINTR)
        continue;
      if (written <= 0)
        return refuse("write", written == 0 ? ENOSPC : errno);
      from += static_cast<std::uint64_t>(written);
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
  }

  tl::unexpected<error> refuse(const char* doing, int reason) const {
    auto what = std::string{"cannot "} + doing + " the scratch file: " + std::strerror(reason);
    if (is_full_disk(reason))
      return fail_full(what, directory_,
                       std::string{how_to_make_room(reason)} + ", or start again with more exchange.memory");
    return fail(error_code::disk, what, directory_, "check the disk; nothing is lost");
  }

  std::string directory_;
  std::mutex mutex_;
  int fd_ = -1; ///< once set it stays
  free_ranges ranges_;
  std::uint64_t largest_ = 0; ///< that the file ever was since it was cut
};

class file_extent final : public scratch::extent {
public:
  file_extent(std::shared_ptr<scratch_space> space, std::uint64_t from, std::uint64_t size)
    : space_{std::move(space)}, from_{from}, size_{size} {}
  ~file_extent() override { space_->release(from_, size_); }

  result<data::buffer_handle> read(std::uint64_t from, std::uint64_t size) const override {
    return space_->read(from_ + from, size);
  }

private:
  std::shared_ptr<scratch_space> space_;
  std::uint64_t from_;
  std::uint64_t size_;
};

class scratch_file final : public scratch {
public:
  explicit scratch_file(std::string directory) : space_{std::make_shared<scratch_space>(std::move(directory))} {}

  result<extent_handle> write(std::string_view bytes) override {
    return space_->write(bytes).map(
      [&](std::uint64_t from) -> extent_handle { return std::make_shared<file_extent>(space_, from, bytes.size()); });
  }

private:
  std::shared_ptr<scratch_space> space_;
};

} // namespace

std::shared_ptr<scratch> make_scratch_file(std::string directory) {
  return std::make_shared<scratch_file>(std::move(directory));
}

} // namespace weir::actors
