#include "tests/unit/log/watched_disk.hpp"

#include <cerrno>
#include <cstdlib>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

namespace weir::testing {

namespace {

using kind = disk_event::kind;

struct watch {
  watched_disk* by = nullptr;
  dev_t device = 0;
  ino_t inode = 0;
};
watch current;

watched_disk* watcher_of(int descriptor) {
  struct stat status {};
  if (!current.by || ::fstat(descriptor, &status) != 0 || status.st_dev != current.device ||
      status.st_ino != current.inode)
    return nullptr;
  return current.by;
}

template <class Function>
Function* next(const char* name) {
  auto found = ::dlsym(RTLD_NEXT, name);
  if (!found)
    std::abort();
  return reinterpret_cast<Function*>(found);
}

kind kind_of_write(int descriptor) {
  return (::fcntl(descriptor, F_GETFL) & O_DSYNC) != 0 ? kind::synced_write : kind::write;
}

/// False with errno set: it is to fail.
bool passes(watched_disk* watcher, kind what) {
  auto reason = watcher && watcher->fails ? watcher->fails(what) : 0;
  if (reason != 0)
    errno = reason;
  return reason == 0;
}

template <class Write>
ssize_t watched_write(int descriptor, off_t offset, const std::function<std::string()>& bytes, Write write) {
  auto watcher = watcher_of(descriptor);
  if (!watcher)
    return write();
  auto what = kind_of_write(descriptor);
  if (!passes(watcher, what))
    return -1;
  auto at = offset >= 0 ? offset : ::lseek(descriptor, 0, SEEK_CUR);
  auto written = write();
  if (written > 0)
    watcher->events.push_back(
      {what, static_cast<std::uint64_t>(at), bytes().substr(0, static_cast<std::size_t>(written))});
  return written;
}

int watched_sync(int descriptor, int (*sync)(int)) {
  auto watcher = watcher_of(descriptor);
  if (!passes(watcher, kind::sync))
    return -1;
  auto done = sync(descriptor);
  if (watcher && done == 0)
    watcher->events.push_back({kind::sync, 0, {}});
  return done;
}

} // namespace

watched_disk::watched_disk(const std::string& file) {
  struct stat status {};
  if (current.by || ::stat(file.c_str(), &status) != 0)
    std::abort();
  current = {this, status.st_dev, status.st_ino};
}

watched_disk::~watched_disk() { current = {}; }

} // namespace weir::testing

using namespace weir::testing;

extern "C" {

ssize_t pwrite(int descriptor, const void* from, size_t size, off_t offset) {
  static auto real = next<ssize_t(int, const void*, size_t, off_t)>("pwrite");
  return watched_write(
    descriptor, offset, [=] { return std::string(static_cast<const char*>(from), size); },
    [=] { return real(descriptor, from, size, offset); });
}

ssize_t write(int descriptor, const void* from, size_t size) {
  static auto real = next<ssize_t(int, const void*, size_t)>("write");
  return watched_write(
    descriptor, -1, [=] { return std::string(static_cast<const char*>(from), size); },
    [=] { return real(descriptor, from, size); });
}

ssize_t writev(int descriptor, const iovec* pieces, int count) {
  static auto real = next<ssize_t(int, const iovec*, int)>("writev");
  auto joined = [=] {
    std::string all;
    for (int i = 0; i < count; ++i)
      all.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
    return all;
  };
  return watched_write(descriptor, -1, joined, [=] { return real(descriptor, pieces, count); });
}

int ftruncate(int descriptor, off_t size) noexcept {
  static auto real = next<int(int, off_t)>("ftruncate");
  auto watcher = watcher_of(descriptor);
  if (!passes(watcher, disk_event::kind::resize))
    return -1;
  auto done = real(descriptor, size);
  if (watcher && done == 0)
    watcher->events.push_back({disk_event::kind::resize, static_cast<std::uint64_t>(size), {}});
  return done;
}

int fsync(int descriptor) {
  static auto real = next<int(int)>("fsync");
  return watched_sync(descriptor, real);
}

int fdatasync(int descriptor) {
  static auto real = next<int(int)>("fdatasync");
  return watched_sync(descriptor, real);
}
}
