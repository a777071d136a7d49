#include "libstream/log/batch_log.hpp"

#include <limits>
#include <utility>

#include "libstream/base/ensure.hpp"
#include "libstream/log/positions.hpp"

namespace weir::log {

std::optional<std::pair<epoch, epoch_position>> newest_epoch(const sealed_positions& positions, input_id input) {
  auto behind = positions.epochs.upper_bound({input, epoch{std::numeric_limits<epoch::rep>::max()}});
  if (behind == positions.epochs.begin())
    return std::nullopt;
  const auto& [key, position] = *std::prev(behind);
  if (key.first != input)
    return std::nullopt;
  return std::pair{key.second, position};
}

result<batch_log> batch_log::load(const store& from) {
  batch_log loaded;
  auto fence = batch_fence::load(from);
  if (!fence)
    return tl::make_unexpected(fence.error());
  auto positions = read_sealed_positions(from);
  if (!positions)
    return tl::make_unexpected(positions.error());
  loaded.fence_ = std::move(*fence);
  loaded.positions_ = std::move(*positions);
  return loaded;
}

verdict batch_log::judge(const seal_command& command) const {
  return fence_.judge_seal(command.coordinator, command.record.id, command.after);
}

batch_answer batch_log::apply(const batch_command& command, transaction& changes) {
  return std::visit([&](const auto& each) { return take(each, changes); }, command);
}

batch_answer batch_log::take(const claim_command& command, transaction& changes) {
  auto verdict = fence_.claim(command.incarnation, command.after);
  if (verdict == verdict::written)
    put_claim(changes, fence_.claimed());
  return {verdict, fence_.coordinator()};
}

batch_answer batch_log::take(const open_command& command, transaction& changes) {
  if (!fence_.is_current(command.coordinator))
    return answer(verdict::refused);
  auto newest = newest_epoch(positions_, command.input);
  if (newest && newest->second.incarnation == command.incarnation)
    return {verdict::repeated, newest->first};
  auto before = newest ? newest->first : epoch{};
  if (before != command.after)
    return {verdict::superseded, before};
  auto next = before.next();
  auto& position = positions_.epochs[{command.input, next}] = {{}, command.incarnation};
  put_epoch(changes, command.input, next, position);
  return {verdict::written, next};
}

batch_answer batch_log::take(const seal_command& command, transaction& changes) {
  auto verdict = fence_.seal(command.coordinator, command.record, command.after);
  if (verdict == verdict::written) {
    check_blocks(command.record);
    seal(changes, positions_, command.record);
  }
  return answer(verdict);
}

batch_answer batch_log::take(const amend_command& command, transaction& changes) {
  auto verdict = fence_.amend(command.coordinator, command.record);
  if (verdict == verdict::written)
    amend(changes, command.record);
  return answer(verdict);
}

batch_answer batch_log::take(const commit_command& command, transaction& changes) {
  auto verdict = fence_.commit(command.coordinator, command.record);
  if (verdict == verdict::written)
    commit(changes, command.record);
  return answer(verdict);
}

batch_answer batch_log::take(const finish_command& command, transaction& changes) {
  auto verdict = fence_.finish(command.coordinator, command.batch);
  if (verdict == verdict::written)
    finish(changes, command.batch);
  return answer(verdict);
}

/// Each block is in one batch: those of an epoch follow each other from seal to seal without a gap. A start refuses a log in which they do
/// not (`plan_recovery`), so none is written.
void batch_log::check_blocks(const batch_record& batch) const {
  const block_range* before = nullptr;
  const auto blocks = joined_blocks(batch);
  for (const auto& range : blocks) {
    ensure(!before || before->input != range.input || before->epoch != range.epoch,
           "the blocks of a batch are each in one split, and none is passed over", "batch", batch.id, "input",
           range.input, "epoch", range.epoch, "first", range.first);
    before = &range;
    auto entry = positions_.epochs.find({range.input, range.epoch});
    ensure(entry != positions_.epochs.end(), "a batch takes blocks of epochs that were opened", "batch", batch.id,
           "input", range.input, "epoch", range.epoch);
    ensure(entry->second.sealed_to.next() == range.first && range.first <= range.last,
           "the blocks of a batch follow those of the batches before", "batch", batch.id, "input", range.input, "epoch",
           range.epoch, "first", range.first, "last", range.last, "sealed_to", entry->second.sealed_to);
  }
}

batch_answer batch_log::answer(verdict of) const {
  return {of, of == verdict::refused ? fence_.coordinator() : epoch{}};
}

} // namespace weir::log
