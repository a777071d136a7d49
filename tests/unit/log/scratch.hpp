#pragma once

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace weir::testing {

/// A directory of its own, gone with this object; in memory where the system offers that, so that syncs cost nothing.
class scratch_directory {
public:
  scratch_directory() {
    auto pattern = std::string{::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"} + "/weir-test-XXXXXX";
    if (!::mkdtemp(pattern.data()))
      std::abort();
    path_ = pattern;
  }
  ~scratch_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

private:
  std::string path_;
};

/// Runs `body` in a forked child; its return value is the child's exit code. A child that died by a signal gives 128 + signal.
inline int in_child(const std::function<int()>& body) {
  auto child = ::fork();
  if (child == 0)
    ::_exit(body());
  int status = 0;
  REQUIRE(child > 0);
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace weir::testing
