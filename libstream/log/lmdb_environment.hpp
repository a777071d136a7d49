#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "libstream/base/error.hpp"
#include "libstream/base/limits.hpp"
#include "libstream/log/store.hpp"

struct MDB_env;
struct MDB_txn;

namespace weir::log {

struct lmdb_options {
  /// Address space of the map, and so the greatest size of the file.
  std::size_t max_log_bytes = limits::max_log_bytes;
  /// For looking on while another process owns the log: all reads see the instant of opening, come from one thread at a
  /// time, and keep the owner from reusing pages meanwhile, so close it soon. `commit` fails.
  bool read_only = false;
  /// For renewal: the last write failed, and half of it may be in the file.
  bool after_failed_write = false;
  /// The caller keeps every writer out: LMDB's own lock file is left alone.
  bool alone = false;
  /// The pages were checked while nobody could write, and nobody could since.
  bool checked = false;
  /// Of the data directory: tables that a later one has brought may be missing, and then are empty. Any other table that is missing is damage.
  std::uint32_t format = std::numeric_limits<std::uint32_t>::max();
  /// Make those, in one transaction.
  bool add_tables = false;
};

/// The LMDB environment in the directory of a log, and the handles of its tables: how it is made, opened and closed, and where it lies. A process
/// opens a log once at a time, which is ensured here. `lmdb_store` reads and writes in it.
class lmdb_environment {
public:
  lmdb_environment(std::string directory, const lmdb_options& options);
  ~lmdb_environment();
  lmdb_environment(const lmdb_environment&) = delete;
  lmdb_environment& operator=(const lmdb_environment&) = delete;

  /// An empty log, with all tables. Errors: 74.
  result<void> create();
  /// What `create` made; its pages are checked before LMDB sees them. Errors: 65 (no log there, or not all of it), 74 (unreadable, unwritable),
  /// 1 (open already).
  result<void> open();

  MDB_env* get() const { return environment_; }
  /// read_only: the one transaction of all reads; otherwise none.
  MDB_txn* snapshot() const { return snapshot_; }
  /// LMDB's handle of a table; 0 if the log lacks it.
  unsigned handle(table t) const { return tables_[static_cast<std::size_t>(t)]; }
  const lmdb_options& options() const { return options_; }
  const std::string& directory() const { return directory_; }
  const std::string& file() const { return file_; }
  std::uint64_t size_bytes() const;

  /// Error 65: damage, since a table is never left out by choice.
  tl::unexpected<error> lacks(table t) const;
  /// Error 65 if a table is missing that a directory of this format has.
  result<void> require_tables(std::uint32_t format) const;
  /// Error 74 if the next start would not find what is written here now.
  result<void> check_place() const;
  /// A reader that was killed (`weir log`) stops the reuse of pages until it is forgotten.
  void forget_stale_readers();
  error io_error(int code, std::string_view doing, std::uint64_t bytes = 0) const;

private:
  result<void> open_environment(bool create);
  result<void> reserve_lock_file() const;
  void extend_to_last_page();
  result<void> open_tables(bool create);
  result<void> open_table(MDB_txn* txn, table t, bool create);

  std::string directory_;
  std::string file_;
  lmdb_options options_;
  MDB_env* environment_ = nullptr;
  MDB_txn* snapshot_ = nullptr;
  std::string registered_; ///< entry in the process's list of open logs; empty = none
  std::array<unsigned, table_count> tables_{};
};

} // namespace weir::log
