#include "libstream/log/lmdb_environment.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <linux/fs.h>
#include <mutex>
#include <optional>
#include <set>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libstream/log/keys.hpp"
#include "libstream/log/lmdb_error.hpp"
#include "libstream/log/lmdb_handles.hpp"
#include "libstream/log/page_check.hpp"

namespace weir::log {

namespace {

/// A few more than we use, so that an older program can open a log in which a newer one has made further tables.
constexpr unsigned max_tables = 32;
/// Readers at one time: threads of this process and whoever looks on.
constexpr unsigned max_readers = 512;
/// Of LMDB's lock file for so many readers.
constexpr off_t lock_file_bytes = 128 + 64 * max_readers;

std::size_t position(table t) { return static_cast<std::size_t>(t); }

/// The logs that this process has open: closing a second handle would drop the locks of the first one.
class open_logs {
public:
  bool enter(const std::string& name) {
    std::lock_guard guard{mutex_};
    return names_.insert(name).second;
  }
  void leave(const std::string& name) {
    std::lock_guard guard{mutex_};
    names_.erase(name);
  }

private:
  std::mutex mutex_;
  std::set<std::string> names_;
};

open_logs& logs_of_process() {
  static open_logs logs;
  return logs;
}

/// Where the file lies now, as far as the system says.
std::string path_of_descriptor(int descriptor) {
  char path[4096];
  auto length = ::readlink(("/proc/self/fd/" + std::to_string(descriptor)).c_str(), path, sizeof path);
  std::string path_now{path, static_cast<std::size_t>(std::max<ssize_t>(length, 0))};
  return path_now.ends_with(" (deleted)") ? std::string{} : path_now; // by this name; another one keeps it
}

/// LMDB found its pages inconsistent and would abort: nothing that it returns after this could be trusted.
[[noreturn]] void stop_at_damage(MDB_env* environment, const char* assertion) {
  const char* path = nullptr;
  if (mdb_env_get_path(environment, &path) != MDB_SUCCESS || !path)
    path = "log";
  std::fprintf(stderr, "%s/data.mdb: the log's structure is damaged (%s); restore the data directory from a copy\n",
               path, assertion);
  std::_Exit(static_cast<int>(error_code::corrupt));
}

} // namespace

lmdb_environment::lmdb_environment(std::string directory, const lmdb_options& options)
  : directory_{std::move(directory)}, file_{directory_ + "/data.mdb"}, options_{options} {}

lmdb_environment::~lmdb_environment() {
  if (snapshot_)
    mdb_txn_abort(snapshot_);
  if (environment_)
    mdb_env_close(environment_);
  if (!registered_.empty())
    logs_of_process().leave(registered_);
}

result<void> lmdb_environment::create() {
  if (auto opened = open_environment(true); !opened)
    return opened;
  return open_tables(true);
}

result<void> lmdb_environment::open() {
  struct stat status {};
  auto looked = ::stat(file_.c_str(), &status);
  if (looked != 0 && errno != ENOENT && errno != ENOTDIR)
    return tl::make_unexpected(io_error(errno, "cannot open the log"));
  if (looked != 0)
    return fail(error_code::corrupt, "the log is missing", file_, "restore the data directory from a copy");
  if (status.st_size == 0) // which LMDB would set up anew
    return fail(error_code::corrupt, "the log is empty", file_, "restore the data directory from a copy");
  if (!options_.checked && (!options_.read_only || options_.alone))
    if (auto checked = check_pages(file_, std::nullopt, options_.after_failed_write); !checked)
      return checked;
  if (auto opened = open_environment(false); !opened)
    return opened;
  return open_tables(false);
}

result<void> lmdb_environment::open_environment(bool create) {
  struct stat status {};
  if (::stat(directory_.c_str(), &status) != 0)
    return tl::make_unexpected(io_error(errno, "cannot open the log"));
  auto name = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
  if (!logs_of_process().enter(name))
    return fail(error_code::failed, "the log is open in this process already", directory_);
  registered_ = std::move(name);

  if (auto code = mdb_env_create(&environment_); code != MDB_SUCCESS)
    return tl::make_unexpected(io_error(code, "cannot open the log"));
  mdb_env_set_assert(environment_,
                     [](MDB_env* environment, const char* assertion) { stop_at_damage(environment, assertion); });
  mdb_env_set_maxdbs(environment_, max_tables);
  mdb_env_set_maxreaders(environment_, max_readers);
  mdb_env_set_mapsize(environment_, options_.max_log_bytes);
  unsigned flags =
    MDB_NOTLS | (options_.read_only ? unsigned{MDB_RDONLY} : 0u) | (options_.alone ? unsigned{MDB_NOLOCK} : 0u);
  if (!options_.read_only && !options_.alone)
    if (auto reserved = reserve_lock_file(); !reserved)
      return reserved;
  if (auto code = mdb_env_open(environment_, directory_.c_str(), flags, 0600); code != MDB_SUCCESS)
    return tl::make_unexpected(io_error(code, create ? "cannot create the log" : "cannot open the log"));
  int descriptor = -1;
  if (mdb_env_get_fd(environment_, &descriptor) == MDB_SUCCESS)
    ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  forget_stale_readers();
  if (!options_.read_only)
    extend_to_last_page();
  return {};
}

/// LMDB maps its lock file and writes through the map, which ends the process with SIGBUS when the disk has no room for a page of it. So its
/// room is taken before, and where writing in place needs new room each time (btrfs), it is asked not to.
result<void> lmdb_environment::reserve_lock_file() const {
  auto path = directory_ + "/lock.mdb";
  auto opened = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (opened < 0)
    return tl::make_unexpected(io_error(errno, "cannot open the log"));
  struct stat status {};
  auto reason = ::fstat(opened, &status) == 0 ? 0 : errno;
  if (reason == 0 && status.st_size == 0) { // later the file system would not listen any more
    int attributes = 0;
    if (::ioctl(opened, FS_IOC_GETFLAGS, &attributes) == 0) {
      attributes |= FS_NOCOW_FL;
      (void)!::ioctl(opened, FS_IOC_SETFLAGS, &attributes);
    }
  }
  // One that others have mapped keeps its size.
  auto wanted = status.st_size > 0 ? status.st_size : lock_file_bytes;
  // Not posix_fallocate: where the file system cannot do it, that writes into a file that others may have mapped.
  if (reason == 0 && ::fallocate(opened, 0, 0, wanted) != 0)
    reason = errno;
  ::close(opened);
  if (reason == 0 || reason == EOPNOTSUPP || reason == ENOSYS || reason == EINTR)
    return {};
  return tl::make_unexpected(io_error(reason, "cannot take room for the log's lock file"));
}

/// A file that was cut off would end the process with SIGBUS where the map has nothing behind it; zeros are found as damage.
/// (A file may rightly be a little shorter than its last page number says: pages that were never written.)
void lmdb_environment::extend_to_last_page() {
  MDB_envinfo envinfo{};
  MDB_stat stat{};
  struct stat status {};
  int descriptor = -1;
  if (mdb_env_info(environment_, &envinfo) != MDB_SUCCESS || mdb_env_stat(environment_, &stat) != MDB_SUCCESS ||
      mdb_env_get_fd(environment_, &descriptor) != MDB_SUCCESS || ::fstat(descriptor, &status) != 0)
    return;
  auto needed = static_cast<off_t>((envinfo.me_last_pgno + 1) * stat.ms_psize);
  if (status.st_size < needed && static_cast<std::size_t>(needed) <= envinfo.me_mapsize)
    (void)!::ftruncate(descriptor, needed);
}

void lmdb_environment::forget_stale_readers() {
  int dead = 0;
  mdb_reader_check(environment_, &dead);
}

result<void> lmdb_environment::open_tables(bool create) {
  MDB_txn* raw = nullptr;
  unsigned read_only = create || options_.add_tables ? 0u : unsigned{MDB_RDONLY};
  if (auto code = mdb_txn_begin(environment_, nullptr, read_only, &raw); code != MDB_SUCCESS)
    return tl::make_unexpected(io_error(code, "cannot read the log"));
  txn_ptr txn{raw};
  if (options_.read_only && !options_.alone)
    if (auto checked = check_pages(file_, mdb_txn_id(raw)); !checked)
      return checked;
  for (std::uint8_t i = 0; i < table_count; ++i)
    if (auto opened = open_table(txn.get(), static_cast<table>(i), create); !opened)
      return opened;
  // Handles opened in a transaction stay valid only if it is committed, a reading one too.
  if (auto code = mdb_txn_commit(txn.release()); code != MDB_SUCCESS)
    return tl::make_unexpected(io_error(code, "cannot create the tables of the log"));
  if (options_.read_only)
    if (auto code = mdb_txn_begin(environment_, nullptr, MDB_RDONLY, &snapshot_); code != MDB_SUCCESS)
      return tl::make_unexpected(io_error(code, "cannot read the log"));
  return {};
}

/// A table of a later format than the log's is left out, or made if that is asked for.
result<void> lmdb_environment::open_table(MDB_txn* txn, table t, bool create) {
  auto is_later = options_.format < table_since(t);
  if (create && is_later)
    return {};
  auto makes = create || (options_.add_tables && is_later);
  auto code = mdb_dbi_open(txn, table_name(t), makes ? unsigned{MDB_CREATE} : 0u, &tables_[position(t)]);
  if (code == MDB_SUCCESS)
    return {};
  tables_[position(t)] = 0;
  if (code != MDB_NOTFOUND)
    return tl::make_unexpected(io_error(code, std::string{"cannot open the table "} + table_name(t)));
  return is_later ? result<void>{} : lacks(t);
}

tl::unexpected<error> lmdb_environment::lacks(table t) const {
  return fail(error_code::corrupt, std::string{"the log has no table \""} + table_name(t) + "\"", file_,
              "restore the data directory from a copy");
}

result<void> lmdb_environment::require_tables(std::uint32_t format) const {
  for (std::uint8_t i = 0; i < table_count; ++i)
    if (auto t = static_cast<table>(i); tables_[i] == 0 && table_since(t) <= format)
      return lacks(t);
  return {};
}

/// What is written to a file that the next start does not find would be lost to it.
result<void> lmdb_environment::check_place() const {
  struct stat opened {
  }, there{};
  int descriptor = -1;
  if (mdb_env_get_fd(environment_, &descriptor) != MDB_SUCCESS || ::fstat(descriptor, &opened) != 0)
    return {};
  if (opened.st_nlink == 0)
    return fail(error_code::disk, "the log was removed while it was in use", file_,
                "what was not published is lost with it; start again with a data directory that nothing removes");
  auto is_there = ::stat(file_.c_str(), &there) == 0;
  if (is_there ? opened.st_dev == there.st_dev && opened.st_ino == there.st_ino : errno != ENOENT && errno != ENOTDIR)
    return {};
  auto moved_to = path_of_descriptor(descriptor);
  return fail(error_code::disk,
              "the log was moved away while it was in use" +
                (moved_to.empty() || moved_to == file_ ? std::string{} : " (it is now " + moved_to + ")") +
                (is_there ? ", and another one lies in its place" : ""),
              file_,
              "nothing that was committed is lost: put the data directory back to where it was, and start again");
}

std::uint64_t lmdb_environment::size_bytes() const {
  if (!environment_)
    return 0;
  struct stat status {};
  int descriptor = -1;
  if (mdb_env_get_fd(environment_, &descriptor) != MDB_SUCCESS || ::fstat(descriptor, &status) != 0)
    return 0;
  return static_cast<std::uint64_t>(status.st_size);
}

error lmdb_environment::io_error(int code, std::string_view doing, std::uint64_t bytes) const {
  return lmdb_error(code, doing, {directory_, file_, options_.max_log_bytes, size_bytes(), options_.read_only}, bytes);
}

} // namespace weir::log
