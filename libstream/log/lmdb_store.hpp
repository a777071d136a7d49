#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "libstream/log/lmdb_environment.hpp"
#include "libstream/log/store.hpp"

struct MDB_txn;

namespace weir::log {

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
  class reading;
  result<reading> begin_reading() const;
  result<void> apply(MDB_txn* txn, const transaction::operation& op);
  bool has_failed_half_way() const;
  tl::unexpected<error> refuse(int code, std::string_view doing, std::uint64_t bytes = 0);

  lmdb_environment environment_;
  std::uint64_t commits_ = 0;
  std::optional<error> broken_; ///< first error of the disk; touched by the committing thread only
};

} // namespace weir::log
