#include "actors/simulation/bounds_watch.hpp"

#include <algorithm>
#include <iterator>

#include "libstream/data/codec.hpp"
#include "libstream/log/keys.hpp"

namespace weir::actors::simulation {

namespace {

using operation = log::transaction::operation;

std::string too_much(const std::string& what_is_bounded, std::uint64_t is, std::uint64_t may_be) {
  return what_is_bounded + ": " + std::to_string(is) + ", and the bound is " + std::to_string(may_be);
}

} // namespace

bounds_watch::bounds_watch(const settings& bounds, std::uint64_t largest_piece_bytes)
  : bounds_{bounds}, largest_piece_{largest_piece_bytes}, staging_{bounds.staging_bytes} {}

void bounds_watch::receiver_started(input_id input) {
  most_waiting_[input] = waiting_[input] + 2 * room_of_a_receiver();
}

std::string bounds_watch::waits(input_id input, std::uint64_t bytes) const {
  if (bounds_.inputs[input.value].what() == input_url::kind::file)
    return {};
  auto most = most_waiting_.find(input);
  if (most == most_waiting_.end() || bytes <= most->second)
    return {};
  return too_much("bytes that wait for a batch, input " + std::to_string(input.value), bytes, most->second);
}

std::string bounds_watch::written(const log::transaction& changes) {
  std::string wrong;
  for (auto& change : changes.operations())
    if (auto more = apply(change); wrong.empty())
      wrong = more;
  return wrong;
}

std::string bounds_watch::apply(const operation& change) {
  switch (change.what) {
    case operation::kind::put: return put(change);
    case operation::kind::erase: erase(change.table, change.key, change.key + '\0'); break;
    case operation::kind::erase_range: erase(change.table, change.key, change.until); break;
  }
  return {};
}

std::string bounds_watch::put(const operation& change) {
  if (change.table == log::table::blocks)
    return stored(change);
  if (change.table == log::table::batches) {
    auto record = data::decode<log::batch_record>(change.head);
    if (!record || batches_.count(record->id) > 0)
      return {}; // amended
    batches_[record->id].record = std::move(*record);
    return sealed();
  }
  if (change.table == log::table::commits)
    if (auto commit = data::decode<log::commit_record>(change.head))
      if (auto batch = batches_.find(commit->id); batch != batches_.end())
        return committed(batch->second, *commit);
  return {};
}

/// Empty `until`: to the end.
void bounds_watch::erase(log::table table, const std::string& from, const std::string& until) {
  if (table == log::table::commits)
    std::erase_if(batches_, [&](auto& entry) {
      auto key = log::batch_key(entry.first);
      return key >= from && (until.empty() || key < until);
    });
  if (table != log::table::blocks)
    return;
  auto end = until.empty() ? blocks_.end() : blocks_.lower_bound(until);
  for (auto block = blocks_.lower_bound(from); block != end; block = blocks_.erase(block))
    leave(block->second);
}

std::string bounds_watch::stored(const operation& change) {
  auto id = log::parse_block_key(change.key);
  if (!id)
    return {};
  auto [block, is_new] = blocks_.try_emplace(change.key, stored_block{id->input, change.payload.size(), true});
  if (!is_new)
    return {};
  waiting_[id->input] += block->second.bytes;
  auto most = most_waiting_.find(id->input);
  if (most == most_waiting_.end() || waiting_[id->input] <= most->second)
    return {};
  return too_much("bytes of uncommitted blocks in the log, input " + std::to_string(id->input.value),
                  waiting_[id->input], most->second);
}

void bounds_watch::leave(stored_block& block) {
  if (std::exchange(block.waits, false))
    waiting_[block.input] -= block.bytes;
}

std::string bounds_watch::committed(stored_batch& batch, const log::commit_record& commit) {
  batch.is_committed = true;
  for (auto& part : commit.parts)
    batch.staged += part.bytes;
  staging_.batch_has(batch.staged);
  for (auto& split : batch.record.splits)
    for (auto& range : split.blocks)
      for (auto sequence = range.first; sequence <= range.last; sequence = sequence.next())
        if (auto block = blocks_.find(log::block_key({range.input, range.epoch, sequence})); block != blocks_.end())
          leave(block->second);
  return {};
}

std::string bounds_watch::sealed() const {
  auto in_flight = static_cast<std::uint64_t>(
    std::count_if(batches_.begin(), batches_.end(), [](auto& entry) { return !entry.second.is_committed; }));
  if (in_flight > bounds_.max_batches_in_flight)
    return too_much("batches in flight", in_flight, bounds_.max_batches_in_flight);
  return unpublished();
}

/// When a batch was to be sealed there was room; since then, as many batches may have been committed as were in flight beside it.
std::string bounds_watch::unpublished() const {
  std::vector<const stored_batch*> batches;
  for (auto& [id, batch] : batches_)
    if (batch.is_committed && published_.count(id) == 0)
      batches.push_back(&batch);
  auto since_then = std::min<std::size_t>(batches.size(), bounds_.max_batches_in_flight - 1);
  batches.resize(batches.size() - since_then);
  std::uint64_t input = 0, staged = 0;
  for (auto batch : batches) {
    input += batch->record.bytes;
    staged += batch->staged;
  }
  if (batches.size() >= bounds_.max_unpublished_batches)
    return too_much("unpublished batches before another is sealed", batches.size(),
                    bounds_.max_unpublished_batches - 1);
  if (staged >= bounds_.max_unpublished_bytes)
    return too_much("unpublished bytes before another batch is sealed", staged, bounds_.max_unpublished_bytes - 1);
  if (input >= bounds_.max_unpublished_input_bytes)
    return too_much("input bytes of unpublished batches before another is sealed", input,
                    bounds_.max_unpublished_input_bytes - 1);
  return {};
}

std::string bounds_watch::holds(const memory& now) {
  if (now.exchange > bounds_.exchange_bytes)
    return too_much("bytes in the exchange", now.exchange, bounds_.exchange_bytes);
  return staging_.holds(now.staging, now.unpublished);
}

std::string bounds_watch::rests(const memory& now) {
  if (now.exchange > 0)
    return "the exchange holds " + std::to_string(now.exchange) + " bytes although all is published";
  if (now.staging + now.unpublished > 0)
    return "the staging holds " + std::to_string(now.staging) + " bytes, and counts " +
           std::to_string(now.unpublished) + " as unpublished, although all is published";
  return {};
}

} // namespace weir::actors::simulation
