#include "libstream/log/lmdb_error.hpp"

#include <cerrno>
#include <fcntl.h>
#include <lmdb.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "libstream/base/limits.hpp"
#include "libstream/log/disk_advice.hpp"

namespace weir::log {

namespace {

bool is_damage(int code) {
  return code == MDB_CORRUPTED || code == MDB_PAGE_NOTFOUND || code == MDB_INVALID || code == MDB_VERSION_MISMATCH ||
         code == MDB_INCOMPATIBLE || code == MDB_BAD_DBI;
}

/// What the process may write into one file.
std::uint64_t file_size_limit() {
  rlimit size{};
  return ::getrlimit(RLIMIT_FSIZE, &size) == 0 ? std::uint64_t{size.rlim_cur} : std::uint64_t{RLIM_INFINITY};
}

/// LMDB does not say which of its files the system refused.
std::string refused_path(int code, const lmdb_place& place) {
  auto wanted = place.read_only ? R_OK : R_OK | W_OK;
  struct {
    std::string path;
    int rights;
  } const used[] = {
    {place.directory, wanted | X_OK}, {place.file, wanted}, {place.directory + "/lock.mdb", R_OK | W_OK}};
  for (auto& [path, rights] : used)
    if (::faccessat(AT_FDCWD, path.c_str(), rights, AT_EACCESS) != 0 && errno == code)
      return path;
  return place.file;
}

} // namespace

/// LMDB reports a full disk as EIO (a short write), so free space and the limit of a file's size decide what is said.
error lmdb_error(int code, std::string_view doing, const lmdb_place& place, std::uint64_t bytes) {
  auto failed = std::string{doing} + ": ";
  if (code == MDB_MAP_FULL)
    return {error_code::disk,
            failed + "the log has reached log.limit (" + std::to_string(place.max_log_bytes) + " bytes)", place.file,
            "let outputs catch up, so that it is freed, or start again with a higher log.limit", true};
  if (code == EIO || is_full_disk(code)) {
    constexpr std::uint64_t slack = limits::mib;
    if (code == EFBIG || (code == EIO && place.file_bytes + bytes + slack > file_size_limit()))
      return {error_code::disk, failed + "the limit of a file's size is reached", place.file, how_to_make_room(EFBIG),
              true};
    struct statvfs space {};
    bool full = code != EIO || (::statvfs(place.directory.c_str(), &space) == 0 &&
                                std::uint64_t{space.f_bavail} * space.f_frsize < bytes + slack);
    if (full)
      return {error_code::disk, failed + "no space left on device", place.file, "make room", true};
    return {error_code::disk, failed + "input/output error", place.file, "check the disk before you start again"};
  }
  if (is_damage(code))
    return {error_code::corrupt, failed + mdb_strerror(code), place.file, "restore the data directory from a copy"};
  if (code == MDB_PANIC)
    return {error_code::disk, failed + "an earlier write failed half way", place.file,
            "check the disk before you start again"};
  if (code == ENOMEM)
    return {error_code::disk, failed + "no address space for log.limit (" + std::to_string(place.max_log_bytes) + ")",
            place.file, "raise the limit of virtual memory (ulimit -v), or lower log.limit"};
  if (code == MDB_READERS_FULL)
    return {error_code::failed, failed + "too many programs look at it", place.file, "end some of them (`weir log`)"};
  if (code == MDB_BAD_VALSIZE)
    return {error_code::failed, failed + mdb_strerror(code), place.file, "please report this"};
  return {error_code::disk, failed + mdb_strerror(code), refused_path(code, place), disk_advice(code)};
}

} // namespace weir::log
