#pragma once

#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "libstream/log/records.hpp"
#include "libstream/log/staged_parts.hpp"
#include "libstream/log/store.hpp"

/// What the batch log holds: sealed → committed → done. Each step of a batch is one group of changes. Which steps still count decides
/// `batch_log`; these functions only write and read.
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

/// How far everything is sealed: what a seal moves.
struct sealed_positions {
  std::map<std::pair<input_id, epoch>, epoch_position> epochs;
  std::optional<last_batch> last;

  bool operator==(const sealed_positions&) const = default;
};

result<sealed_positions> read_sealed_positions(const store& from);

/// Sealed: the record, how far each (input, epoch) and each file is now sealed, and the newest batch number. Seals come in the order of their
/// numbers, each once, and name epochs that were opened.
void seal(transaction& changes, sealed_positions& positions, const batch_record& batch);
/// The same behind what `in` holds. Error 65 for blocks of an epoch that was never opened.
result<void> seal(transaction& changes, const store& in, const batch_record& batch);

/// Amended: the record of a sealed batch with its new amendment. Its ranges are those of the seal.
void amend(transaction& changes, const batch_record& batch);

/// Committed: the record.
void commit(transaction& changes, const commit_record& record);
/// The same, and the bytes of its staged parts; `parts[i]` belongs to `record.parts[i]`.
void commit(transaction& changes, const commit_record& record, std::span<const staged_bytes> parts);

/// Done: forgets the batch and its commit. Positions stay.
void finish(transaction& changes, batch_id batch);
/// The same, and its blocks and its staged bytes.
void finish(transaction& changes, const batch_record& batch);

result<std::optional<batch_record>> read_batch(const store& from, batch_id batch);
result<std::optional<commit_record>> read_commit(const store& from, batch_id batch);
result<std::optional<last_batch>> read_last_batch(const store& from);
/// For a log that must go on behind batches that it does not know.
void put_last_batch(transaction& changes, const last_batch& last);
/// Error 65 for a commit without its seal.
result<unfinished_batches> read_unfinished(const store& from);

} // namespace weir::log
