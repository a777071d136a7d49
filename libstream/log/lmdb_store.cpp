#include "libstream/log/lmdb_store.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <linux/fs.h>
#include <lmdb.h>
#include <mutex>
#include <set>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "libstream/log/disk_advice.hpp"
#include "libstream/log/keys.hpp"
#include "libstream/log/page_check.hpp"
#include "libstream/log/renewal.hpp"
#include "libstream/log/value_codec.hpp"

namespace weir::log {

namespace {

/// A few more than we use, so that an older program can open a log in which a newer one has made further tables.
constexpr unsigned max_tables = 32;
/// Readers at one time: threads of this process and whoever looks on.
constexpr unsigned max_readers = 512;
/// Of LMDB's lock file for so many readers.
constexpr off_t lock_file_bytes = 128 + 64 * max_readers;
/// A reader that was killed (`weir log`) would stop the reuse of pages until it is forgotten.
constexpr std::uint64_t commits_between_reader_checks = 256;

struct transaction_ending {
  void operator()(MDB_txn* txn) const { mdb_txn_abort(txn); }
};
using txn_ptr = std::unique_ptr<MDB_txn, transaction_ending>;

struct cursor_closing {
  void operator()(MDB_cursor* cursor) const { mdb_cursor_close(cursor); }
};
using cursor_ptr = std::unique_ptr<MDB_cursor, cursor_closing>;

MDB_val to_val(std::string_view bytes) { return {bytes.size(), const_cast<char*>(bytes.data())}; }
std::string_view to_view(const MDB_val& val) { return {static_cast<const char*>(val.mv_data), val.mv_size}; }

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
  std::string found{path, static_cast<std::size_t>(std::max<ssize_t>(length, 0))};
  return found.ends_with(" (deleted)") ? std::string{} : found; // by this name; another one keeps it
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

bool is_damage(int code) {
  return code == MDB_CORRUPTED || code == MDB_PAGE_NOTFOUND || code == MDB_INVALID || code == MDB_VERSION_MISMATCH ||
         code == MDB_INCOMPATIBLE || code == MDB_BAD_DBI;
}

} // namespace

/// A transaction to read in: one of its own, or the snapshot of a read-only store.
class lmdb_store::reading {
public:
  explicit reading(MDB_txn* snapshot) : txn_{snapshot} {}
  explicit reading(txn_ptr own) : own_{std::move(own)}, txn_{own_.get()} {}
  MDB_txn* txn() const { return txn_; }

private:
  txn_ptr own_;
  MDB_txn* txn_;
};

lmdb_store::lmdb_store(std::string directory, const lmdb_options& options)
  : directory_{std::move(directory)}, file_{directory_ + "/data.mdb"}, options_{options} {}

lmdb_store::~lmdb_store() {
  if (snapshot_)
    mdb_txn_abort(snapshot_);
  if (environment_)
    mdb_env_close(environment_);
  if (!registered_.empty())
    logs_of_process().leave(registered_);
}

result<std::shared_ptr<lmdb_store>> lmdb_store::create(const std::string& directory, const lmdb_options& options) {
  auto made = std::shared_ptr<lmdb_store>{new lmdb_store{directory, options}};
  if (auto opened = made->open_environment(true); !opened)
    return tl::make_unexpected(opened.error());
  if (auto tables = made->open_tables(true); !tables)
    return tl::make_unexpected(tables.error());
  return made;
}

result<std::shared_ptr<lmdb_store>> lmdb_store::open(const std::string& directory, const lmdb_options& options) {
  auto made = std::shared_ptr<lmdb_store>{new lmdb_store{directory, options}};
  struct stat status {};
  auto looked = ::stat(made->file_.c_str(), &status);
  if (looked != 0 && errno != ENOENT && errno != ENOTDIR)
    return tl::make_unexpected(made->io_error(errno, "cannot open the log"));
  if (looked != 0)
    return fail(error_code::corrupt, "the log is missing", made->file_, "restore the data directory from a copy");
  if (status.st_size == 0) // which LMDB would set up anew
    return fail(error_code::corrupt, "the log is empty", made->file_, "restore the data directory from a copy");
  if (!options.checked && (!options.read_only || options.alone))
    if (auto checked = check_pages(made->file_, std::nullopt, options.after_failed_write); !checked)
      return tl::make_unexpected(checked.error());
  if (auto opened = made->open_environment(false); !opened)
    return tl::make_unexpected(opened.error());
  if (auto tables = made->open_tables(false); !tables)
    return tl::make_unexpected(tables.error());
  return made;
}

result<void> lmdb_store::open_environment(bool create) {
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
result<void> lmdb_store::reserve_lock_file() const {
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
void lmdb_store::extend_to_last_page() {
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

void lmdb_store::forget_stale_readers() {
  int dead = 0;
  mdb_reader_check(environment_, &dead);
}

result<void> lmdb_store::open_tables(bool create) {
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
result<void> lmdb_store::open_table(MDB_txn* txn, table t, bool create) {
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

tl::unexpected<error> lmdb_store::lacks(table t) const {
  return fail(error_code::corrupt, std::string{"the log has no table \""} + table_name(t) + "\"", file_,
              "restore the data directory from a copy");
}

result<void> lmdb_store::require_tables(std::uint32_t format) const {
  for (std::uint8_t i = 0; i < table_count; ++i)
    if (auto t = static_cast<table>(i); tables_[i] == 0 && table_since(t) <= format)
      return lacks(t);
  return {};
}

result<lmdb_store::reading> lmdb_store::begin_reading() const {
  if (snapshot_)
    return reading{snapshot_};
  MDB_txn* raw = nullptr;
  if (auto code = mdb_txn_begin(environment_, nullptr, MDB_RDONLY, &raw); code != MDB_SUCCESS)
    return tl::make_unexpected(io_error(code, "cannot read the log"));
  return reading{txn_ptr{raw}};
}

result<void> lmdb_store::commit(const transaction& changes) {
  if (options_.read_only)
    return fail(error_code::failed, "the log was opened for reading only", file_);
  if (broken_)
    return tl::make_unexpected(*broken_);
  if (auto checked = check_keys(changes); !checked)
    return checked;
  if (++commits_ % commits_between_reader_checks == 0)
    forget_stale_readers();

  if (auto in_place = check_place(); !in_place)
    return in_place;
  MDB_txn* raw = nullptr;
  if (auto code = mdb_txn_begin(environment_, nullptr, 0, &raw); code != MDB_SUCCESS)
    return refuse(code, "cannot write to the log");
  txn_ptr txn{raw};
  std::uint64_t bytes = 0;
  for (const auto& op : changes.operations()) {
    bytes += op.head.size() + op.payload.size();
    if (auto applied = apply(txn.get(), op); !applied)
      return applied;
  }
  if (auto code = mdb_txn_commit(txn.release()); code != MDB_SUCCESS)
    return refuse(code, "cannot write to the log", bytes);
  return {};
}

/// What is written to a file that the next start does not find would be lost to it.
result<void> lmdb_store::check_place() const {
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

/// LMDB takes nothing more after it could not write one of its first two pages.
bool lmdb_store::has_failed_half_way() const {
  MDB_txn* raw = nullptr;
  auto code = mdb_txn_begin(environment_, nullptr, MDB_RDONLY, &raw);
  if (code == MDB_SUCCESS)
    mdb_txn_abort(raw);
  return code == MDB_PANIC;
}

tl::unexpected<error> lmdb_store::refuse(int code, std::string_view doing, std::uint64_t bytes) {
  auto reason = io_error(code, doing, bytes);
  // A transaction that found no room has changed nothing, and the next one writes all its pages anew. After any other errno, or if it was one
  // of the first two pages that could not be written, what the file holds is unknown.
  if (reason.full && has_failed_half_way()) {
    reason.full = false;
    reason.hint = "make room and start again: the log is copied to a new file then, and nothing is lost";
  }
  if (!reason.full && (code > 0 || code == MDB_PANIC) && !broken_) {
    broken_ = reason;
    mark_suspect(directory_, reason);
  }
  return tl::make_unexpected(std::move(reason));
}

result<void> lmdb_store::apply(MDB_txn* txn, const transaction::operation& op) {
  auto dbi = tables_[position(op.table)];
  if (dbi == 0)
    return lacks(op.table);
  auto key = to_val(op.key);
  if (op.what == transaction::operation::kind::put) {
    MDB_val value{value_size(op.head, op.payload), nullptr};
    if (auto code = mdb_put(txn, dbi, &key, &value, MDB_RESERVE); code != MDB_SUCCESS)
      return refuse(code, "cannot write " + describe_key(op.table, op.key), value.mv_size);
    write_value(static_cast<char*>(value.mv_data), op.table, op.key, op.head, op.payload);
    return {};
  }
  if (op.what == transaction::operation::kind::erase) {
    if (auto code = mdb_del(txn, dbi, &key, nullptr); code != MDB_SUCCESS && code != MDB_NOTFOUND)
      return refuse(code, "cannot erase " + describe_key(op.table, op.key));
    return {};
  }
  MDB_cursor* raw = nullptr;
  if (auto code = mdb_cursor_open(txn, dbi, &raw); code != MDB_SUCCESS)
    return refuse(code, "cannot erase from the log");
  cursor_ptr cursor{raw};
  while (true) {
    auto found = key;
    MDB_val value{};
    auto code = mdb_cursor_get(cursor.get(), &found, &value, op.key.empty() ? MDB_FIRST : MDB_SET_RANGE);
    if (code == MDB_NOTFOUND || (code == MDB_SUCCESS && !op.until.empty() && to_view(found) >= op.until))
      return {};
    if (code == MDB_SUCCESS)
      code = mdb_cursor_del(cursor.get(), 0);
    if (code != MDB_SUCCESS)
      return refuse(code, "cannot erase from " + describe_key(op.table, op.key));
  }
}

namespace {

/// Whole pages of the map that were copied need not stay in this process's memory: large values are read once. The file's cache keeps them.
void let_go(std::string_view mapped) {
  constexpr std::uintptr_t page = 4096;
  auto begin = (reinterpret_cast<std::uintptr_t>(mapped.data()) + page - 1) / page * page;
  auto end = reinterpret_cast<std::uintptr_t>(mapped.data() + mapped.size()) / page * page;
  if (begin < end)
    ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

} // namespace

result<std::optional<stored_value>> lmdb_store::get(table t, std::string_view key) const {
  if (tables_[position(t)] == 0)
    return std::nullopt;
  auto reader = begin_reading();
  if (!reader)
    return tl::make_unexpected(reader.error());
  auto wanted = to_val(key);
  MDB_val value{};
  auto code = mdb_get(reader->txn(), tables_[position(t)], &wanted, &value);
  if (code == MDB_NOTFOUND)
    return std::nullopt;
  if (code != MDB_SUCCESS)
    return tl::make_unexpected(io_error(code, "cannot read " + describe_key(t, key)));
  if (value.mv_size > size_bytes())
    return corrupt_value("value is longer than the log", t, key, file_);
  // Copied, since a reader that lives long keeps LMDB from reusing pages.
  auto copied = read_value(to_view(value), t, key, true, file_).map([](const stored_value& found) {
    return std::optional{copy_value(found)};
  });
  let_go(to_view(value));
  return copied;
}

result<void> lmdb_store::scan(table t, std::string_view from, std::string_view until, bool with_payload,
                              const std::function<bool(std::string_view, const stored_value&)>& visit) const {
  if (tables_[position(t)] == 0)
    return {};
  auto reader = begin_reading();
  if (!reader)
    return tl::make_unexpected(reader.error());
  MDB_cursor* raw_cursor = nullptr;
  if (auto code = mdb_cursor_open(reader->txn(), tables_[position(t)], &raw_cursor); code != MDB_SUCCESS)
    return tl::make_unexpected(io_error(code, "cannot read the log"));
  cursor_ptr cursor{raw_cursor};
  const auto file_bytes = size_bytes();
  auto key = to_val(from);
  MDB_val value{};
  std::string last_key;
  std::size_t visited = 0;
  auto code = mdb_cursor_get(cursor.get(), &key, &value, from.empty() ? MDB_FIRST : MDB_SET_RANGE);
  for (; code == MDB_SUCCESS; code = mdb_cursor_get(cursor.get(), &key, &value, MDB_NEXT)) {
    auto at = to_view(key);
    if (at < from || (visited > 0 && at <= last_key))
      return corrupt_value("keys are out of order", t, at, file_);
    if (!until.empty() && at >= until)
      return {};
    last_key = at;
    if (value.mv_size > file_bytes)
      return corrupt_value("value is longer than the log", t, at, file_);
    auto found = read_value(to_view(value), t, at, with_payload, file_);
    if (!found)
      return tl::make_unexpected(found.error());
    ++visited;
    if (!visit(at, *found))
      return {};
  }
  if (code != MDB_NOTFOUND)
    return tl::make_unexpected(io_error(code, std::string{"cannot read the table "} + table_name(t)));
  MDB_stat stat{};
  if (from.empty() && mdb_stat(reader->txn(), tables_[position(t)], &stat) == MDB_SUCCESS && stat.ms_entries != visited)
    return fail(error_code::corrupt,
                std::string{"the table "} + table_name(t) + " should hold " + std::to_string(stat.ms_entries) +
                  " entries, but " + std::to_string(visited) + " were found",
                file_, "restore the data directory from a copy");
  return {};
}

std::uint64_t lmdb_store::size_bytes() const {
  struct stat status {};
  int descriptor = -1;
  if (mdb_env_get_fd(environment_, &descriptor) != MDB_SUCCESS || ::fstat(descriptor, &status) != 0)
    return 0;
  return static_cast<std::uint64_t>(status.st_size);
}

namespace {

/// What the process may write into one file.
std::uint64_t file_size_limit() {
  rlimit size{};
  return ::getrlimit(RLIMIT_FSIZE, &size) == 0 ? std::uint64_t{size.rlim_cur} : std::uint64_t{RLIM_INFINITY};
}

} // namespace

/// LMDB reports a full disk as EIO (a short write), so free space and the limit of a file's size decide what is said.
error lmdb_store::io_error(int code, std::string_view doing, std::uint64_t bytes) const {
  auto what = std::string{doing} + ": ";
  if (code == MDB_MAP_FULL)
    return {error_code::disk,
            what + "the log has reached log.limit (" + std::to_string(options_.max_log_bytes) + " bytes)", file_,
            "let outputs catch up, so that it is freed, or start again with a higher log.limit", true};
  if (code == EIO || is_full_disk(code)) {
    constexpr std::uint64_t slack = limits::mib;
    if (code == EFBIG || (code == EIO && size_bytes() + bytes + slack > file_size_limit()))
      return {error_code::disk, what + "the limit of a file's size is reached", file_, how_to_make_room(EFBIG), true};
    struct statvfs space {};
    bool full = code != EIO || (::statvfs(directory_.c_str(), &space) == 0 &&
                                std::uint64_t{space.f_bavail} * space.f_frsize < bytes + slack);
    if (full)
      return {error_code::disk, what + "no space left on device", file_, "make room", true};
    return {error_code::disk, what + "input/output error", file_, "check the disk before you start again"};
  }
  if (is_damage(code))
    return {error_code::corrupt, what + mdb_strerror(code), file_, "restore the data directory from a copy"};
  if (code == MDB_PANIC)
    return {error_code::disk, what + "an earlier write failed half way", file_,
            "check the disk before you start again"};
  if (code == ENOMEM)
    return {error_code::disk, what + "no address space for log.limit (" + std::to_string(options_.max_log_bytes) + ")",
            file_, "raise the limit of virtual memory (ulimit -v), or lower log.limit"};
  if (code == MDB_READERS_FULL)
    return {error_code::failed, what + "too many programs look at it", file_, "end some of them (`weir log`)"};
  if (code == MDB_BAD_VALSIZE)
    return {error_code::failed, what + mdb_strerror(code), file_, "please report this"};
  return {error_code::disk, what + mdb_strerror(code), refused_path(code), disk_advice(code)};
}

/// LMDB does not say which of its files the system refused.
std::string lmdb_store::refused_path(int code) const {
  auto wanted = options_.read_only ? R_OK : R_OK | W_OK;
  struct {
    std::string path;
    int rights;
  } const used[] = {{directory_, wanted | X_OK}, {file_, wanted}, {directory_ + "/lock.mdb", R_OK | W_OK}};
  for (auto& [path, rights] : used)
    if (::faccessat(AT_FDCWD, path.c_str(), rights, AT_EACCESS) != 0 && errno == code)
      return path;
  return file_;
}

} // namespace weir::log
