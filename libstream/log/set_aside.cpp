#include "libstream/log/set_aside.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <unistd.h>

namespace weir::log {

namespace fs = std::filesystem;

result<std::string> set_aside(const std::string& path) {
  std::error_code failure;
  auto from = fs::weakly_canonical(fs::absolute(path), failure);
  if (failure)
    return fail(error_code::disk, "cannot set the data directory aside: " + failure.message(), path);
  if (!from.has_filename())
    from = from.parent_path();
  // Whoever uses the directory holds this lock.
  auto lock = ::open((from / "lock").c_str(), O_RDWR | O_CLOEXEC);
  if (lock >= 0 && ::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock);
    return fail(error_code::configuration, "cannot set the data directory aside: another process uses it",
                from.string(), "stop it first");
  }
  auto target = from;
  for (int number = 1; fs::exists(target, failure) && !failure; ++number)
    target = from.string() + ".set-aside-" + std::to_string(number);
  if (!failure)
    fs::rename(from, target, failure);
  if (lock >= 0)
    ::close(lock);
  if (failure)
    return fail(error_code::disk, "cannot set the data directory aside: " + failure.message(), from.string(),
                "check the permissions of the directory above it");
  return target.string();
}

} // namespace weir::log
