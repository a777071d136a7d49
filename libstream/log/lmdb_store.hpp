#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>

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

/// The store on disk: one LMDB environment in a directory of its own, one named database a table, synced by every commit.
/// A process opens a log once at a time (LMDB's locks belong to the process); several processes may, one of them writing,
/// which `data_directory` ensures. Not for use in a forked child.
/// Damage in LMDB's own page structure is found when the log is opened (`page_check.hpp`); what LMDB itself asserts later ends the
/// process with exit code 65 and one sentence.
class lmdb_store final : public store {
public:
  /// Makes an empty log in `directory`, which exists and has none. Survives a power cut only after the caller has synced
  /// `directory` and its parents. Errors: 74.
  static result<std::shared_ptr<lmdb_store>> create(const std::string& directory, const lmdb_options& options = {});
  /// Opens what `create` made. Errors: 65 (no log there, or not all of it), 74 (unreadable, unwritable), 1 (open already).
  static result<std::shared_ptr<lmdb_store>> open(const std::string& directory, const lmdb_options& options = {});

  ~lmdb_store() override;
  lmdb_store(const lmdb_store&) = delete;
  lmdb_store& operator=(const lmdb_store&) = delete;

  /// Errors: 74 for a full map (nothing was written; later commits may succeed once something was erased) and for what the disk
  /// refuses; after the latter every further commit fails with the same error, since what a failed sync left behind is unknown.
  result<void> commit(const transaction& changes) override;
  result<std::optional<stored_value>> get(table t, std::string_view key) const override;
  result<void> scan(table t, std::string_view from, std::string_view until, bool with_payload,
                    const std::function<bool(std::string_view key, const stored_value&)>& visit) const override;
  std::uint64_t size_bytes() const override;

  /// Error 65 if a table is missing that a directory of this format has.
  result<void> require_tables(std::uint32_t format) const;

private:
  lmdb_store(std::string directory, const lmdb_options& options);
  result<void> open_environment(bool create);
  result<void> open_tables(bool create);
  result<void> reserve_lock_file() const;
  result<void> open_table(MDB_txn* txn, table t, bool create);
  tl::unexpected<error> lacks(table t) const;
  void extend_to_last_page();
  void forget_stale_readers();
  class reading;
  result<reading> begin_reading() const;
  result<void> apply(MDB_txn* txn, const transaction::operation& op);
  bool has_failed_half_way() const;
  tl::unexpected<error> refuse(int code, std::string_view doing, std::uint64_t bytes = 0);
  result<void> check_place() const;
  std::string refused_path(int code) const;
  error io_error(int code, std::string_view doing, std::uint64_t bytes = 0) const;

  std::string directory_;
  std::string file_;
  lmdb_options options_;
  MDB_env* environment_ = nullptr;
  MDB_txn* snapshot_ = nullptr;                ///< read_only: the one transaction of all reads
  std::string registered_;                     ///< entry in the process's list of open logs; empty = none
  std::array<unsigned, table_count> tables_{}; ///< handles of LMDB; 0 = missing
  std::uint64_t commits_ = 0;
  std::optional<error> broken_; ///< first error of the disk; touched by the committing thread only
};

} // namespace weir::log
