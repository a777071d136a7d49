#include "libstream/log/batch_log.hpp"

#include <algorithm>
#include <cassert>
#include <map>

#include "libstream/log/positions.hpp"
#include "libstream/log/record_codec.hpp"

namespace weir::log {

namespace {

constexpr const char* last_batch_key = "last_batch";

result<void> seal_blocks(transaction& changes, const store& in, const batch_record& batch) {
  std::map<std::pair<input_id, epoch>, block_sequence> sealed_to;
  for (const auto& split : batch.splits)
    for (const auto& range : split.blocks) {
      auto& last = sealed_to[{range.input, range.epoch}];
      last = std::max(last, range.last);
    }
  for (const auto& [owner, last] : sealed_to) {
    auto [input, of] = owner;
    auto position = read_epoch(in, input, of);
    if (!position)
      return tl::make_unexpected(position.error());
    if (!*position)
      return corrupt_value("batch " + std::to_string(batch.id.value) +
                             " takes blocks of an epoch that was never opened",
                           table::epochs, epoch_key(input, of), "log");
    // Two batches may be sealed in one transaction: the later, further one is put last.
    (*position)->sealed_to = std::max((*position)->sealed_to, last);
    put_epoch(changes, input, of, **position);
  }
  return {};
}

result<void> seal_ranges(transaction& changes, const store& in, const batch_record& batch) {
  std::map<std::pair<input_id, std::string_view>, partition_position> partitions;
  for (const auto& split : batch.splits)
    for (const auto& range : split.ranges) {
      auto& position = partitions[{range.input, range.partition}];
      position = {range.end, range.version, std::max(position.sealed_to, range.to)};
    }
  for (auto& [owner, position] : partitions) {
    auto before = read_partition(in, owner.first, owner.second);
    if (!before)
      return tl::make_unexpected(before.error());
    if (*before)
      position.sealed_to = std::max(position.sealed_to, (*before)->sealed_to);
    put_partition(changes, owner.first, owner.second, position);
  }
  return {};
}

} // namespace

result<void> seal(transaction& changes, const store& in, const batch_record& batch) {
  transaction group; // so that an error leaves nothing behind
  if (auto blocks = seal_blocks(group, in, batch); !blocks)
    return blocks;
  if (auto ranges = seal_ranges(group, in, batch); !ranges)
    return ranges;
  auto last = read_last_batch(in);
  if (!last)
    return tl::make_unexpected(last.error());
  put_record(group, table::batches, batch_key(batch.id), batch);
  if (!*last || (*last)->id < batch.id) {
    auto rising_since = *last ? (*last)->rising_since : batch_id{};
    put_record(group, table::meta, last_batch_key,
               last_batch{batch.id, batch.time_ms, rising_since.value > 0 ? rising_since : batch.id});
  }
  changes.append(std::move(group));
  return {};
}

void amend(transaction& changes, const batch_record& batch) {
  put_record(changes, table::batches, batch_key(batch.id), batch);
}

void commit(transaction& changes, const commit_record& record, std::span<const staged_bytes> parts) {
  assert(parts.size() == record.parts.size());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto& part = record.parts[i];
    put_record(changes, table::staged, staged_key(record.id, part.output, part.part), part, parts[i].bytes,
               parts[i].owner);
  }
  put_record(changes, table::commits, batch_key(record.id), record);
}

void finish(transaction& changes, const batch_record& batch) {
  for (const auto& split : batch.splits)
    for (const auto& range : split.blocks) {
      auto keys = blocks_between(range.input, range.epoch, range.first, range.last);
      changes.erase_range(table::blocks, std::move(keys.from), std::move(keys.until));
    }
  auto staged = staged_of_batch(batch.id);
  changes.erase_range(table::staged, std::move(staged.from), std::move(staged.until));
  changes.erase(table::commits, batch_key(batch.id));
  changes.erase(table::batches, batch_key(batch.id));
}

result<std::optional<batch_record>> read_batch(const store& from, batch_id batch) {
  return read_record<batch_record>(from, table::batches, batch_key(batch));
}

result<std::optional<commit_record>> read_commit(const store& from, batch_id batch) {
  return read_record<commit_record>(from, table::commits, batch_key(batch));
}

result<data::buffer_handle> read_staged(const store& from, batch_id batch, std::string_view output,
                                        std::uint32_t part) {
  return from.get(table::staged, staged_key(batch, output, part)).map([](const std::optional<stored_value>& value) {
    return value ? value->buffer : data::buffer_handle{};
  });
}

void put_last_batch(transaction& changes, const last_batch& last) {
  put_record(changes, table::meta, last_batch_key, last);
}

result<std::optional<last_batch>> read_last_batch(const store& from) {
  return read_record<last_batch>(from, table::meta, last_batch_key);
}

result<unfinished_batches> read_unfinished(const store& from) {
  unfinished_batches found;
  auto last = read_last_batch(from);
  if (!last)
    return tl::make_unexpected(last.error());
  found.last = *last;
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
      found.committed.push_back({std::move(record), std::move(commit.mapped())});
    else
      found.sealed.push_back(std::move(record));
    return result<void>{};
  });
  if (!scanned)
    return tl::make_unexpected(scanned.error());
  if (!commits.empty())
    return corrupt_value("committed, but never sealed", table::commits, batch_key(commits.begin()->first), "log");
  return found;
}

} // namespace weir::log
