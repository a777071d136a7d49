#include "libstream/log/block_fence.hpp"

#include <algorithm>

#include "libstream/base/ensure.hpp"
#include "libstream/log/block_log.hpp"
#include "libstream/log/positions.hpp"

namespace weir::log {

namespace {

/// The last block of an epoch in the log, of which those up to `sealed_to` may be gone already.
result<block_sequence> last_logged(const store& from, input_id input, epoch of, block_sequence sealed_to) {
  auto last = sealed_to;
  auto scanned = scan_headers(from, input, of, last.next(), [&last](const block_header& header) {
    last = header.id.sequence;
    return true;
  });
  if (!scanned)
    return tl::make_unexpected(scanned.error());
  return last;
}

} // namespace

result<block_fence> block_fence::load(const store& from) {
  auto epochs = read_epochs(from);
  if (!epochs)
    return tl::make_unexpected(epochs.error());
  block_fence fence;
  for (const auto& [key, position] : *epochs) {
    auto [input, of] = key;
    auto last = last_logged(from, input, of, position.sealed_to);
    if (!last)
      return tl::make_unexpected(last.error());
    fence.open(input, of);
    fence.appended_[key] = *last;
  }
  return fence;
}

void block_fence::open(input_id input, weir::epoch owner) {
  auto& current = current_[input];
  current = std::max(current, owner);
  appended_.try_emplace({input, owner});
}

bool block_fence::is_current(input_id input, weir::epoch owner) const {
  auto entry = current_.find(input);
  return entry != current_.end() && entry->second == owner;
}

verdict block_fence::append(input_id input, weir::epoch owner, std::vector<block_header>& headers) {
  if (!is_current(input, owner))
    return verdict::refused;
  auto& last = appended_[{input, owner}];
  std::erase_if(headers, [&](const auto& header) { return header.id.sequence <= last; });
  if (headers.empty())
    return verdict::repeated;
  if (headers.front().id.sequence != last.next())
    return verdict::wait;
  for (auto before = last; const auto& header : headers) {
    ensure(header.id == block_id{input, owner, before.next()}, "blocks are appended one behind the other", "input",
           header.id.input, "epoch", header.id.epoch, "sequence", header.id.sequence, "before", before);
    before = header.id.sequence;
  }
  last = headers.back().id.sequence;
  return verdict::written;
}

block_sequence block_fence::last(input_id input) const {
  auto entry = current_.find(input);
  if (entry == current_.end())
    return {};
  auto appended = appended_.find({input, entry->second});
  return appended == appended_.end() ? block_sequence{} : appended->second;
}

block_presence::state block_fence::of(const block_range& blocks) const {
  auto appended = appended_.find({blocks.input, blocks.epoch});
  if (appended != appended_.end() && blocks.last <= appended->second)
    return state::here;
  return is_current(blocks.input, blocks.epoch) ? state::coming : state::lost;
}

block_presence::state presence_of(const batch_record& batch, const block_presence& blocks) {
  auto worst = block_presence::state::here;
  for (const auto& split : batch.splits)
    for (const auto& range : split.blocks)
      worst = std::max(worst, blocks.of(range));
  return worst;
}

} // namespace weir::log
