#include "actors/checkpoint_writer/log_fence.hpp"

#include "libstream/log/batch_log.hpp"
#include "libstream/log/block_log.hpp"
#include "libstream/log/positions.hpp"

namespace weir::actors {

result<log_fence> log_fence::load(const log::store& from) {
  log_fence fence;
  auto coordinator = log::read_coordinator_epoch(from);
  if (!coordinator)
    return tl::make_unexpected(coordinator.error());
  fence.coordinator_ = *coordinator;
  auto epochs = log::read_epochs(from);
  if (!epochs)
    return tl::make_unexpected(epochs.error());
  for (auto& [key, position] : *epochs) { // ascending: the newest epoch of an input stays
    fence.inputs_[key.first] = {key.second, position.incarnation};
    auto& last = fence.appended_[key] = position.sealed_to;
    auto scanned =
      log::scan_headers(from, key.first, key.second, last.next(), [&last](const log::block_header& header) {
        last = header.id.sequence;
        return true;
      });
    if (!scanned)
      return tl::make_unexpected(scanned.error());
  }
  auto batches = log::read_unfinished(from);
  if (!batches)
    return tl::make_unexpected(batches.error());
  for (auto& record : batches->sealed)
    fence.sealed_[record.id] = record.amendment.number;
  for (auto& batch : batches->committed)
    fence.committed_.insert(batch.committed.id);
  if (batches->last)
    fence.last_sealed_ = batches->last->id;
  return fence;
}

weir::epoch log_fence::claim(std::uint64_t incarnation) {
  if (claimed_by_ != incarnation) {
    claimed_by_ = incarnation;
    coordinator_ = coordinator_.next();
  }
  return coordinator_;
}

log_fence::opening log_fence::open(input_id input, std::uint64_t incarnation) {
  auto& at = inputs_[input];
  if (at.owner.value != 0 && at.incarnation == incarnation)
    return {at.owner, verdict::answer};
  at = {at.owner.next(), incarnation};
  return {at.owner, verdict::write};
}

log_fence::verdict log_fence::append(input_id input, weir::epoch owner, std::vector<log::block_header>& headers) {
  if (!is_current(input, owner))
    return verdict::refuse;
  auto& last = appended_[{input, owner}];
  std::erase_if(headers, [&](auto& header) { return header.id.sequence <= last; });
  if (headers.empty())
    return verdict::answer;
  if (headers.front().id.sequence != last.next())
    return verdict::wait;
  last = headers.back().id.sequence;
  return verdict::write;
}

bool log_fence::is_current(input_id input, weir::epoch owner) const {
  auto entry = inputs_.find(input);
  return entry != inputs_.end() && entry->second.owner == owner;
}

block_sequence log_fence::last(input_id input) const {
  auto entry = inputs_.find(input);
  if (entry == inputs_.end())
    return {};
  auto appended = appended_.find({input, entry->second.owner});
  return appended == appended_.end() ? block_sequence{} : appended->second;
}

log_fence::verdict log_fence::blocks_of(const log::batch_record& batch) const {
  for (auto& split : batch.splits)
    for (auto& range : split.blocks) {
      auto appended = appended_.find({range.input, range.epoch});
      if (appended == appended_.end() || appended->second < range.last)
        return is_current(range.input, range.epoch) ? verdict::wait : verdict::never;
    }
  return verdict::write;
}

log_fence::verdict log_fence::seal(weir::epoch by, const log::batch_record& batch, batch_id after) {
  if (by != coordinator_)
    return verdict::refuse;
  if (batch.id <= last_sealed_)
    return verdict::answer;
  if (auto blocks = blocks_of(batch); blocks != verdict::write)
    return blocks;
  if (last_sealed_ < after)
    return verdict::wait;
  last_sealed_ = batch.id;
  sealed_[batch.id] = batch.amendment.number;
  return verdict::write;
}

log_fence::verdict log_fence::amend(weir::epoch by, batch_id batch, std::uint32_t amendment) {
  if (by != coordinator_)
    return verdict::refuse;
  auto entry = sealed_.find(batch);
  if (entry == sealed_.end())
    return last_sealed_ < batch ? verdict::wait : verdict::answer;
  if (amendment <= entry->second)
    return verdict::answer;
  entry->second = amendment;
  return verdict::write;
}

log_fence::verdict log_fence::commit(weir::epoch by, batch_id batch) {
  if (by != coordinator_)
    return verdict::refuse;
  auto entry = sealed_.find(batch);
  if (entry == sealed_.end())
    return last_sealed_ < batch ? verdict::wait : verdict::answer;
  if (entry != sealed_.begin())
    return verdict::wait;
  sealed_.erase(entry);
  committed_.insert(batch);
  return verdict::write;
}

log_fence::verdict log_fence::finish(weir::epoch by, batch_id batch) {
  if (by != coordinator_)
    return verdict::refuse;
  return committed_.erase(batch) > 0 ? verdict::write : verdict::answer;
}

} // namespace weir::actors
