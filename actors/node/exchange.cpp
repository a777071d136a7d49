#include "actors/node/exchange.hpp"

#include <algorithm>

#include "libstream/base/ensure.hpp"
#include "libstream/base/limits.hpp"
#include "libstream/base/marks.hpp"
#include "libstream/data/checksum.hpp"

namespace weir::actors {

namespace {

/// Encoded bytes that are collected before they are written.
constexpr std::size_t write_bytes = limits::mib;

std::uint64_t memory_of(const std::vector<plan::run_handle>& runs) {
  std::uint64_t bytes = 0;
  for (auto& run : runs)
    bytes += run ? run->bytes() : 0;
  return bytes;
}

} // namespace

void exchange::bound(std::uint64_t budget_bytes, std::shared_ptr<scratch> spill_to) {
  budget_ = budget_bytes;
  scratch_ = std::move(spill_to);
}

result<void> exchange::push(const attempt& of, batch_id batch, task_index map, plan::shuffle_output output) {
  held_output made{std::move(output.runs), {}, 0};
  made.bytes = output.kept_by_plan ? 0 : memory_of(made.runs);
  if (keep(of, batch, map, output.shuffle, made, !scratch_ || output.kept_by_plan))
    return {};
  if (auto spilled = spill(made); !spilled)
    return spilled;
  keep(of, batch, map, output.shuffle, made, true);
  return {};
}

/// False if there is no room for it, and it need not be kept `whatever` it takes. What nobody will ask for is as good as kept.
bool exchange::keep(const attempt& of, batch_id batch, task_index map, shuffle_index shuffle, held_output& made,
                    bool whatever) {
  held_batch replaced; // freed after the lock
  std::lock_guard guard{mutex_};
  if (batch <= dropped_ || of.epoch < oldest_)
    return true;
  auto& held = batches_[batch];
  if (of < held.newest)
    return true;
  if (held.newest < of) {
    replaced = std::exchange(held, {of, {}});
    release(replaced);
  }
  auto expected = expected_.load(std::memory_order_relaxed);
  expected_.store(std::max(made.bytes, expected - expected / 8), std::memory_order_relaxed);
  if (!whatever && held_bytes() + made.bytes > budget_)
    return false;
  auto& slot = held.outputs[{shuffle, map}];
  expect_debug(slot.bytes <= held_bytes(), "an output is part of what is held", "batch", batch, "map", map);
  held_.fetch_sub(slot.bytes, std::memory_order_relaxed);
  held_.fetch_add(made.bytes, std::memory_order_relaxed);
  std::swap(slot, made);
  return true;
}

/// Moves the runs to the scratch file, apart from those that cannot be encoded.
result<void> exchange::spill(held_output& made) {
  mark("exchange.spills");
  made.places.resize(made.runs.size());
  std::string bytes;
  std::size_t first = 0; // of the places that are not written yet
  auto write = [&](std::size_t end) -> result<void> {
    if (!bytes.empty()) {
      auto written = scratch_->write(bytes);
      if (!written)
        return tl::make_unexpected(written.error());
      spilled_.fetch_add(bytes.size(), std::memory_order_relaxed);
      for (auto at = first; at < end; ++at)
        if (made.places[at].size > 0)
          made.places[at].where = *written;
    }
    first = end;
    bytes.clear();
    return {};
  };
  for (std::size_t at = 0; at < made.runs.size(); ++at) {
    auto from = bytes.size();
    if (!made.runs[at] || !made.runs[at]->encode_to(bytes))
      continue;
    made.places[at] = {nullptr, from, bytes.size() - from, data::checksum(std::string_view{bytes}.substr(from))};
    made.runs[at] = nullptr;
    if (bytes.size() >= write_bytes)
      if (auto written = write(at + 1); !written)
        return written;
  }
  made.bytes = memory_of(made.runs);
  return write(made.runs.size());
}

result<std::vector<plan::run_handle>> exchange::collect(const plan::physical_plan& plan, const attempt& of,
                                                        batch_id batch, shuffle_index shuffle,
                                                        partition_index partition) const {
  struct found {
    plan::run_handle run;
    place at;
  };
  std::vector<found> all;
  {
    std::lock_guard guard{mutex_};
    auto held = batches_.find(batch);
    if (held == batches_.end() || held->second.newest != of)
      return std::vector<plan::run_handle>{};
    auto& outputs = held->second.outputs;
    for (auto at = outputs.lower_bound({shuffle, {}}); at != outputs.end() && at->first.first == shuffle; ++at) {
      auto& [runs, places, bytes] = at->second;
      if (partition.value < runs.size() && runs[partition.value])
        all.push_back({runs[partition.value], {}});
      else if (partition.value < places.size() && places[partition.value].size > 0)
        all.push_back({nullptr, places[partition.value]});
    }
  }
  std::vector<plan::run_handle> runs;
  for (auto& each : all) {
    if (!each.run) {
      auto bytes = each.at.where->read(each.at.from, each.at.size);
      if (!bytes)
        return tl::make_unexpected(bytes.error());
      if (data::checksum((*bytes)->view()) != each.at.checksum)
        return fail(error_code::corrupt, "bytes read from the scratch file are not those written",
                    "batch " + std::to_string(batch.value), "check the disk; nothing is lost");
      auto run = plan.decode_run(shuffle, std::move(*bytes));
      if (!run)
        return tl::make_unexpected(run.error());
      each.run = std::move(*run);
    }
    runs.push_back(std::move(each.run));
  }
  return runs;
}

void exchange::drop(batch_id through) {
  std::vector<held_batch> gone; // freed after the lock
  std::lock_guard guard{mutex_};
  dropped_ = std::max(dropped_, through);
  for (auto at = batches_.begin(); at != batches_.end() && at->first <= through; at = batches_.erase(at)) {
    release(at->second);
    gone.push_back(std::move(at->second));
  }
}

void exchange::drop_before(weir::epoch coordinator) {
  std::vector<held_batch> gone; // freed after the lock
  std::lock_guard guard{mutex_};
  if (coordinator <= oldest_)
    return;
  oldest_ = coordinator;
  std::erase_if(batches_, [&](auto& entry) {
    auto& held = entry.second;
    if (held.newest.epoch >= coordinator)
      return false;
    release(held);
    gone.push_back(std::move(held));
    return true;
  });
}

void exchange::release(const held_batch& gone) {
  std::uint64_t bytes = 0;
  for (auto& [key, output] : gone.outputs)
    bytes += output.bytes;
  expect_debug(bytes <= held_bytes(), "a batch is part of what is held", "bytes", bytes, "held", held_bytes());
  held_.fetch_sub(bytes, std::memory_order_relaxed);
}

} // namespace weir::actors
