#pragma once

#include <cstdint>
#include <string>

#include <sys/mount.h>
#include <sys/stat.h>

#include "tests/process/harness.hpp"

namespace weir::process {

/// A disk of a few megabytes (a tmpfs) at `path`, which is made. Needs the right to mount: check `mounted()`.
class small_disk {
public:
  small_disk(std::string path, const std::string& megabytes) : path_{std::move(path)} {
    ::mkdir(path_.c_str(), 0755);
    mounted_ = ::mount("tmpfs", path_.c_str(), "tmpfs", 0, ("size=" + megabytes + "m").c_str()) == 0;
  }
  ~small_disk() {
    if (mounted_)
      ::umount2(path_.c_str(), MNT_DETACH);
  }
  small_disk(const small_disk&) = delete;
  small_disk& operator=(const small_disk&) = delete;

  bool mounted() const { return mounted_; }
  const std::string& path() const { return path_; }

  /// Leaves so many bytes free.
  void fill_but(std::uint64_t bytes);
  void make_room();
  bool make_read_only();

private:
  std::string path_;
  bool mounted_ = false;
};

} // namespace weir::process
