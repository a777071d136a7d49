#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "libstream/data/buffer.hpp"
#include "libstream/log/records.hpp"
#include "libstream/log/store.hpp"

/// The batch log: sealed → committed → done. Each step is one group of changes, and repeating a step changes nothing.
namespace weir::log {

/// The newest batch that was ever sealed. It outlives the batch, so that numbers and times never go back.
struct last_batch {
  batch_id id;
  std::int64_t time_ms = 0;
  /// The first batch that this version, or a later one, has sealed: from there on times rise. Those before may have come from a version whose
  /// times could fall back at a restart. 0 = none yet.
  batch_id rising_since;

  bool operator==(const last_batch&) const = default;
  WEIR_FIELDS(x.id, x.time_ms, x.rising_since)
};

/// Formatted bytes of one staged part; `owner` keeps them alive until the commit.
struct staged_bytes {
  std::string_view bytes;
  std::shared_ptr<const void> owner;
};

/// A batch that is committed and not yet done.
struct committed_batch {
  batch_record sealed;
  commit_record committed;
};

/// Batches that are not done, in order of their numbers.
struct unfinished_batches {
  std::vector<batch_record> sealed;       ///< and not committed: to be run (again)
  std::vector<committed_batch> committed; ///< to be published (again)
  std::optional<last_batch> last;
};

/// Sealed: the record, how far each (input, epoch) and each file is now sealed, and the newest batch number.
/// Reads the positions from `in`, which only the committing thread moves. Error 65 for blocks of an epoch that was never opened.
result<void> seal(transaction& changes, const store& in, const batch_record& batch);

/// Amended: the record of a sealed batch with its new amendment. Its ranges are those of the seal.
void amend(transaction& changes, const batch_record& batch);

/// Committed: the record and the bytes of its staged parts; `parts[i]` belongs to `record.parts[i]`.
void commit(transaction& changes, const commit_record& record, std::span<const staged_bytes> parts);

/// Done: forgets the batch, its blocks, its commit and its staged bytes. Positions stay.
void finish(transaction& changes, const batch_record& batch);

result<std::optional<batch_record>> read_batch(const store& from, batch_id batch);
result<std::optional<commit_record>> read_commit(const store& from, batch_id batch);
/// The staged bytes of one part of a committed batch; nothing if it is not there (absent from the commit, or done).
result<data::buffer_handle> read_staged(const store& from, batch_id batch, std::string_view output, std::uint32_t part);
result<std::optional<last_batch>> read_last_batch(const store& from);
/// For a log that must go on behind batches that it does not know.
void put_last_batch(transaction& changes, const last_batch& last);
/// Error 65 for a commit without its seal.
result<unfinished_batches> read_unfinished(const store& from);

} // namespace weir::log
