#include "libstream/log/directory_lock.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "libstream/base/regular_file.hpp"
#include "libstream/log/directory_files.hpp"

namespace weir::log {

namespace {

enum class locking { locked, held_by_another, impossible };

locking try_lock(int descriptor) {
  while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR)
      continue;
    return errno == EWOULDBLOCK ? locking::held_by_another : locking::impossible;
  }
  return locking::locked;
}

/// The directory may have been removed, or another put in its place, between its opening and its locking.
bool is_still_at(const std::string& path, int descriptor) {
  struct stat opened {
  }, there{};
  return ::fstat(descriptor, &opened) == 0 && ::stat(path.c_str(), &there) == 0 && opened.st_dev == there.st_dev &&
         opened.st_ino == there.st_ino;
}

std::string text_of(int file) {
  char bytes[64];
  auto count = ::pread(file, bytes, sizeof bytes, 0);
  return {bytes, count > 0 ? static_cast<std::size_t>(count) : 0};
}

bool write_text(int file, const std::string& text) {
  return ::ftruncate(file, 0) == 0 && ::pwrite(file, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
}

tl::unexpected<error> in_use(const std::string& lock_path, const std::string& shown) {
  std::string number;
  if (auto file = open_regular_file(lock_path.c_str(), O_RDONLY); file >= 0) {
    number = text_of(file);
    ::close(file);
  }
  number = number.substr(0, number.find('\n'));
  return fail(error_code::configuration,
              "data directory in use by another process (pid " + (number.empty() ? "unknown" : number) + ")", shown,
              "stop that process, or choose another data directory");
}

} // namespace

result<directory_lock> directory_lock::take(const std::string& directory, const std::string& shown) {
  auto& named = shown.empty() ? directory : shown;
  auto path = directory + "/lock";
  directory_lock lock{directory};
  lock.opened_ = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock.opened_ < 0)
    return disk_error("cannot open the data directory", named);
  // Where directories cannot be locked (NFS), the file has to do.
  if (try_lock(lock.opened_) == locking::held_by_another)
    return in_use(path, named);
  if (!is_still_at(directory, lock.opened_))
    return fail(error_code::configuration, "data directory in use by another process, which is replacing it", named,
                "start again when that process has ended");
  auto was_there = ::access(path.c_str(), F_OK) == 0;
  lock.file_ = open_regular_file(path.c_str(), O_RDWR | O_CREAT);
  if (lock.file_ == not_a_regular_file)
    return fail(error_code::corrupt, "the lock of the data directory is not a regular file", path,
                "remove it if no other process uses the data directory");
  if (lock.file_ < 0)
    return disk_error("cannot open the lock of the data directory", path);
  auto locked = try_lock(lock.file_);
  if (locked == locking::held_by_another)
    return in_use(path, named);
  if (locked == locking::impossible)
    return disk_error("cannot lock the data directory", path);
  lock.text_before_ = was_there ? text_of(lock.file_) : "";
  if (!write_text(lock.file_, std::to_string(::getpid()) + "\n"))
    return disk_error("cannot write", path);
  return lock;
}

std::optional<directory_lock> directory_lock::try_quietly(const std::string& directory) {
  directory_lock lock{directory};
  lock.opened_ = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock.opened_ < 0 || try_lock(lock.opened_) == locking::held_by_another || !is_still_at(directory, lock.opened_))
    return std::nullopt;
  lock.file_ = open_regular_file((directory + "/lock").c_str(), O_RDONLY);
  if (lock.file_ >= 0 && try_lock(lock.file_) == locking::held_by_another)
    return std::nullopt;
  return lock;
}

directory_lock::directory_lock(directory_lock&& other) noexcept
  : directory_{std::move(other.directory_)},
    opened_{std::exchange(other.opened_, -1)},
    file_{std::exchange(other.file_, -1)},
    text_before_{std::exchange(other.text_before_, std::nullopt)} {}

directory_lock& directory_lock::operator=(directory_lock&& other) noexcept {
  std::swap(directory_, other.directory_);
  std::swap(opened_, other.opened_);
  std::swap(file_, other.file_);
  std::swap(text_before_, other.text_before_);
  return *this;
}

directory_lock::~directory_lock() {
  if (file_ >= 0 && text_before_) {
    if (text_before_->empty())
      ::unlink((directory_ + "/lock").c_str());
    else
      (void)!write_text(file_, *text_before_);
  }
  if (file_ >= 0)
    ::close(file_);
  if (opened_ >= 0)
    ::close(opened_);
}

bool is_in_use(const std::string& directory) { return !directory_lock::try_quietly(directory).has_value(); }

} // namespace weir::log
