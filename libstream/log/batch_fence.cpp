#include "libstream/log/batch_fence.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>

#include "libstream/base/ensure.hpp"

namespace weir::log {

namespace {

batch_fence::open_batch as_sealed(const batch_record& batch) {
  return {batch.time_ms, batch.amendment.number, false, joined_blocks(batch)};
}

} // namespace

std::vector<block_range> joined_blocks(const batch_record& batch) {
  std::vector<block_range> ranges;
  for (const auto& split : batch.splits)
    ranges.insert(ranges.end(), split.blocks.begin(), split.blocks.end());
  auto place = [](const block_range& range) { return std::tie(range.input, range.epoch, range.first); };
  std::sort(ranges.begin(), ranges.end(), [&](const auto& a, const auto& b) { return place(a) < place(b); });
  std::vector<block_range> joined;
  for (const auto& range : ranges) {
    auto continues = !joined.empty() && joined.back().input == range.input && joined.back().epoch == range.epoch &&
                     joined.back().last.next() == range.first;
    if (continues)
      joined.back().last = range.last;
    else
      joined.push_back(range);
  }
  return joined;
}

result<batch_fence> batch_fence::load(const store& from) {
  auto claimed = read_claim(from);
  if (!claimed)
    return tl::make_unexpected(claimed.error());
  auto batches = read_unfinished(from);
  if (!batches)
    return tl::make_unexpected(batches.error());
  batch_fence fence;
  fence.claimed_ = *claimed;
  for (const auto& batch : batches->sealed)
    fence.open_.emplace(batch.id, as_sealed(batch));
  for (const auto& batch : batches->committed)
    fence.open_.emplace(batch.sealed.id, as_sealed(batch.sealed)).first->second.committed = true;
  if (batches->last)
    fence.last_sealed_ = batches->last->id;
  return fence;
}

const batch_fence::open_batch* batch_fence::find(batch_id batch) const {
  auto entry = open_.find(batch);
  return entry == open_.end() ? nullptr : &entry->second;
}

verdict batch_fence::claim(std::uint64_t incarnation, weir::epoch after) {
  if (claimed_.epoch.value > 0 && claimed_.incarnation == incarnation)
    return verdict::repeated;
  if (claimed_.epoch != after)
    return verdict::superseded;
  claimed_ = {claimed_.epoch.next(), incarnation};
  return verdict::written;
}

verdict batch_fence::judge_seal(weir::epoch by, batch_id batch, batch_id after) const {
  if (!is_current(by))
    return verdict::refused;
  if (batch <= last_sealed_)
    return verdict::repeated;
  return last_sealed_ < after ? verdict::wait : verdict::written;
}

verdict batch_fence::seal(weir::epoch by, const batch_record& batch, batch_id after) {
  auto judged = judge_seal(by, batch.id, after);
  if (judged != verdict::written)
    return judged;
  open_.emplace(batch.id, as_sealed(batch));
  last_sealed_ = batch.id;
  return verdict::written;
}

verdict batch_fence::amend(weir::epoch by, const batch_record& batch) {
  if (!is_current(by))
    return verdict::refused;
  auto entry = open_.find(batch.id);
  if (entry == open_.end())
    return of_unknown(batch.id);
  auto& open = entry->second;
  if (open.committed || batch.amendment.number <= open.amendment)
    return verdict::repeated;
  ensure(open.time_ms == batch.time_ms && open.blocks == joined_blocks(batch),
         "an amendment leaves the input of its batch as it was sealed", "batch", batch.id, "amendment",
         batch.amendment.number);
  open.amendment = batch.amendment.number;
  return verdict::written;
}

verdict batch_fence::commit(weir::epoch by, const commit_record& batch) {
  if (!is_current(by))
    return verdict::refused;
  auto entry = open_.find(batch.id);
  if (entry == open_.end())
    return of_unknown(batch.id);
  if (entry->second.committed)
    return verdict::repeated;
  if (!predecessors_are_committed(entry))
    return verdict::wait;
  ensure(entry->second.time_ms == batch.time_ms, "a batch commits with the time with which it was sealed", "batch",
         batch.id, "sealed_ms", entry->second.time_ms, "committed_ms", batch.time_ms);
  entry->second.committed = true;
  return verdict::written;
}

verdict batch_fence::finish(weir::epoch by, batch_id batch) {
  if (!is_current(by))
    return verdict::refused;
  auto entry = open_.find(batch);
  if (entry == open_.end())
    return of_unknown(batch);
  if (!entry->second.committed)
    return verdict::wait;
  open_.erase(entry);
  return verdict::written;
}

/// Commits are a prefix of the open batches, so it is enough to look at the one before.
bool batch_fence::predecessors_are_committed(std::map<batch_id, open_batch>::const_iterator batch) const {
  return batch == open_.begin() || std::prev(batch)->second.committed;
}

} // namespace weir::log
