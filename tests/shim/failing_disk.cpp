// Makes one call on a file fail: DISK_FAILS=CALL:NUMBER:ERRNO:PART, e.g. "fdatasync:10:5:/data.mdb": the tenth fdatasync of files whose
// path contains PART ends with errno 5. CALL is write (pwrite, writev, write), fdatasync or fsync.
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <sys/uio.h>
#include <unistd.h>

namespace {

struct plan {
  char call[16] = "";
  long number = 0;
  int reason = 0;
  char part[PATH_MAX] = "";

  plan() {
    auto text = std::getenv("DISK_FAILS");
    if (text && std::sscanf(text, "%15[^:]:%ld:%d:%4000s", call, &number, &reason, part) != 4)
      std::abort();
  }
};

bool fails(const char* call, int descriptor) {
  static plan what;
  static std::atomic<long> seen{0};
  if (std::strcmp(call, what.call) != 0)
    return false;
  char link[64];
  char path[PATH_MAX] = "";
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  if (::readlink(link, path, sizeof path - 1) < 0 || !std::strstr(path, what.part) || ++seen != what.number)
    return false;
  errno = what.reason;
  return true;
}

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

} // namespace

extern "C" {

ssize_t pwrite(int descriptor, const void* from, size_t size, off_t offset) {
  static auto real = next<ssize_t(int, const void*, size_t, off_t)>("pwrite");
  return fails("write", descriptor) ? -1 : real(descriptor, from, size, offset);
}

ssize_t write(int descriptor, const void* from, size_t size) {
  static auto real = next<ssize_t(int, const void*, size_t)>("write");
  return fails("write", descriptor) ? -1 : real(descriptor, from, size);
}

ssize_t writev(int descriptor, const iovec* pieces, int count) {
  static auto real = next<ssize_t(int, const iovec*, int)>("writev");
  return fails("write", descriptor) ? -1 : real(descriptor, pieces, count);
}

int fsync(int descriptor) {
  static auto real = next<int(int)>("fsync");
  return fails("fsync", descriptor) ? -1 : real(descriptor);
}

int fdatasync(int descriptor) {
  static auto real = next<int(int)>("fdatasync");
  return fails("fdatasync", descriptor) ? -1 : real(descriptor);
}
}
