#include "libstream/log/batch_records.hpp"

#include <algorithm>

#include "libstream/base/ensure.hpp"
#include "libstream/log/block_log.hpp"
#include "libstream/log/positions.hpp"
#include "libstream/log/record_codec.hpp"

namespace weir::log {

namespace {

constexpr const char* last_batch_key = "last_batch";

void seal_blocks(transaction& changes, sealed_positions& positions, const batch_record& batch) {
  std::map<std::pair<input_id, epoch>, epoch_position*> moved;
  for (const auto& split : batch.splits)
    for (const auto& range : split.blocks) {
      auto entry = positions.epochs.find({range.input, range.epoch});
      ensure(entry != positions.epochs.end(), "a batch takes blocks of epochs that were opened", "batch", batch.id,
             "input", range.input, "epoch", range.epoch);
      entry->second.sealed_to = std::max(entry->second.sealed_to, range.last);
      moved[entry->first] = &entry->second;
    }
  for (const auto& [owner, position] : moved)
    put_epoch(changes, owner.first, owner.second, *position);
}

/// Seals come in order, and a range begins where the one before has ended: so the ranges alone say how far each partition is.
void seal_ranges(transaction& changes, const batch_record& batch) {
  std::map<std::pair<input_id, std::string_view>, partition_position> partitions;
  for (const auto& split : batch.splits)
    for (const auto& range : split.ranges) {
      auto& position = partitions[{range.input, range.partition}];
      position = {range.end, range.version, std::max(position.sealed_to, range.to)};
    }
  for (const auto& [owner, position] : partitions)
    put_partition(changes, owner.first, owner.second, position);
}

} // namespace

result<sealed_positions> read_sealed_positions(const store& from) {
  auto epochs = read_epochs(from);
  if (!epochs)
    return tl::make_unexpected(epochs.error());
  auto last = read_last_batch(from);
  if (!last)
    return tl::make_unexpected(last.error());
  return sealed_positions{std::move(*epochs), *last};
}

void seal(transaction& changes, sealed_positions& positions, const batch_record& batch) {
  ensure(!positions.last || positions.last->id < batch.id, "batches are sealed in the order of their numbers", "batch",
         batch.id, "last", positions.last ? positions.last->id : batch_id{});
  seal_blocks(changes, positions, batch);
  seal_ranges(changes, batch);
  put_record(changes, table::batches, batch_key(batch.id), batch);
  auto& last = positions.last;
  auto rising_since = last && last->rising_since.value > 0 ? last->rising_since : batch.id;
  last = last_batch{batch.id, batch.time_ms, rising_since};
  put_last_batch(changes, *last);
}

result<void> seal(transaction& changes, const store& in, const batch_record& batch) {
  auto positions = read_sealed_positions(in);
  if (!positions)
    return tl::make_unexpected(positions.error());
  for (const auto& split : batch.splits)
    for (const auto& range : split.blocks)
      if (!positions->epochs.contains({range.input, range.epoch}))
        return corrupt_value("batch " + std::to_string(batch.id.value) +
                               " takes blocks of an epoch that was never opened",
                             table::epochs, epoch_key(range.input, range.epoch), "log");
  seal(changes, *positions, batch);
  return {};
}

void amend(transaction& changes, const batch_record& batch) {
  put_record(changes, table::batches, batch_key(batch.id), batch);
}

void commit(transaction& changes, const commit_record& record) {
  put_record(changes, table::commits, batch_key(record.id), record);
}

void commit(transaction& changes, const commit_record& record, std::span<const staged_bytes> parts) {
  stage(changes, record, parts);
  commit(changes, record);
}

void finish(transaction& changes, batch_id batch) {
  changes.erase(table::commits, batch_key(batch));
  changes.erase(table::batches, batch_key(batch));
}

void finish(transaction& changes, const batch_record& batch) {
  for (const auto& split : batch.splits)
    free_blocks(changes, split.blocks);
  free_staged(changes, batch.id);
  finish(changes, batch.id);
}

result<std::optional<batch_record>> read_batch(const store& from, batch_id batch) {
  return read_record<batch_record>(from, table::batches, batch_key(batch));
}

result<std::optional<commit_record>> read_commit(const store& from, batch_id batch) {
  return read_record<commit_record>(from, table::commits, batch_key(batch));
}

void put_last_batch(transaction& changes, const last_batch& last) {
  put_record(changes, table::meta, last_batch_key, last);
}

result<std::optional<last_batch>> read_last_batch(const store& from) {
  return read_record<last_batch>(from, table::meta, last_batch_key);
}

result<unfinished_batches> read_unfinished(const store& from) {
  unfinished_batches unfinished;
  auto last = read_last_batch(from);
  if (!last)
    return tl::make_unexpected(last.error());
  unfinished.last = *last;
  std::map<batch_id, commit_record> commits;
  auto scanned = scan_records<commit_record>(from, table::commits, {}, [&](std::string_view, commit_record&& record) {
    auto id = record.id;
    commits.emplace(id, std::move(record));
    return result<void>{};
  });
  if (!scanned)
    return tl::make_unexpected(scanned.error());
  scanned = scan_records<batch_record>(from, table::batches, {}, [&](std::string_view, batch_record&& record) {
    if (auto commit = commits.extract(record.id))
      unfinished.committed.push_back({std::move(record), std::move(commit.mapped())});
    else
      unfinished.sealed.push_back(std::move(record));
    return result<void>{};
  });
  if (!scanned)
    return tl::make_unexpected(scanned.error());
  if (!commits.empty())
    return corrupt_value("committed, but never sealed", table::commits, batch_key(commits.begin()->first), "log");
  return unfinished;
}

} // namespace weir::log
