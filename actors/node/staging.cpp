#include "actors/node/staging.hpp"

#include <utility>
#include <vector>

#include "libstream/base/ensure.hpp"

namespace weir::actors {

void staging::put(const attempt& of, batch_id batch, const std::string& output, std::uint32_t part,
                  bytes_handle bytes) {
  held_batch replaced; // freed after the lock
  std::lock_guard guard{mutex_};
  if (of.epoch < oldest_)
    return;
  auto& held = batches_[batch];
  if (of < held.newest || held.is_committed)
    return;
  if (held.newest < of) {
    replaced = std::exchange(held, {});
    held.newest = of;
    expect_debug(replaced.bytes <= bytes_, "a batch is part of what is staged", "batch", batch);
    bytes_ -= replaced.bytes;
  }
  auto& slot = held.parts[{output, part}];
  auto before = slot ? slot->size() : 0;
  held.bytes += bytes->size() - before;
  bytes_ += bytes->size() - before;
  std::swap(slot, bytes);
}

staging::bytes_handle staging::find(const attempt& of, batch_id batch, const std::string& output,
                                    std::uint32_t part) const {
  std::lock_guard guard{mutex_};
  auto held = batches_.find(batch);
  if (held == batches_.end() || held->second.newest != of)
    return nullptr;
  auto entry = held->second.parts.find({output, part});
  return entry == held->second.parts.end() ? nullptr : entry->second;
}

void staging::committed(batch_id through) {
  std::vector<held_batch> gone; // their parts are freed after the lock
  std::lock_guard guard{mutex_};
  std::uint64_t in_memory = 0;
  auto end = batches_.upper_bound(through);
  for (auto at = batches_.begin(); at != end; ++at) {
    auto& held = at->second;
    if (!std::exchange(held.is_committed, true))
      unpublished_ += held.bytes;
    in_memory += held.in_memory ? held.bytes : 0;
  }
  while (end != batches_.begin() && --end != batches_.begin() && in_memory > budget_) {
    auto& held = end->second;
    if (!std::exchange(held.in_memory, false))
      continue;
    in_memory -= held.bytes;
    bytes_ -= held.bytes;
    gone.emplace_back().parts.swap(held.parts);
  }
}

void staging::drop(batch_id through) {
  std::vector<held_batch> gone; // freed after the lock
  std::lock_guard guard{mutex_};
  for (auto at = batches_.begin(); at != batches_.end() && at->first <= through; at = batches_.erase(at)) {
    auto& held = at->second;
    expect_debug(!held.in_memory || held.bytes <= bytes_, "a batch is part of what is staged", "batch", at->first);
    expect_debug(!held.is_committed || held.bytes <= unpublished_, "a committed batch is part of what is unpublished",
                 "batch", at->first);
    bytes_ -= held.in_memory ? held.bytes : 0;
    unpublished_ -= held.is_committed ? held.bytes : 0;
    gone.push_back(std::move(held));
  }
}

void staging::drop_before(weir::epoch coordinator) {
  std::vector<held_batch> gone; // freed after the lock
  std::lock_guard guard{mutex_};
  if (coordinator <= oldest_)
    return;
  oldest_ = coordinator;
  std::erase_if(batches_, [&](auto& entry) {
    auto& held = entry.second;
    if (held.is_committed || held.newest.epoch >= coordinator)
      return false;
    expect_debug(held.bytes <= bytes_, "a batch is part of what is staged", "batch", entry.first);
    bytes_ -= held.bytes;
    gone.push_back(std::move(held));
    return true;
  });
}

} // namespace weir::actors
