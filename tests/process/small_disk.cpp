#include "tests/process/small_disk.hpp"

#include <fcntl.h>
#include <filesystem>
#include <sys/statvfs.h>
#include <unistd.h>

#include <catch2/catch.hpp>

namespace weir::process {

void small_disk::fill_but(std::uint64_t bytes) {
  struct statvfs space {};
  REQUIRE(::statvfs(path_.c_str(), &space) == 0);
  auto free = std::uint64_t{space.f_bavail} * space.f_frsize;
  REQUIRE(free > bytes);
  tool::descriptor file{::open((path_ + "/filler").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
  REQUIRE(::posix_fallocate(file.get(), 0, static_cast<off_t>(free - bytes)) == 0);
}

void small_disk::make_room() { std::filesystem::remove(path_ + "/filler"); }

bool small_disk::make_read_only() {
  return ::mount("tmpfs", path_.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr) == 0;
}

} // namespace weir::process
