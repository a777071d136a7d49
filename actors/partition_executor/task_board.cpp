// On a record's way, step 6 of 11: which task of which batch runs next on an executor. To task_run.
#include "actors/partition_executor/task_board.hpp"

#include <algorithm>

#include "libstream/base/ensure.hpp"

namespace weir::actors {

task_board::entry* task_board::entry_for(batch_id batch, const attempt& of) {
  if (batch <= forgotten_ || of < newest_)
    return nullptr;
  if (newest_ < of)
    newest_ = of;
  auto& found = batches_[batch];
  if (of < found.attempt)
    return nullptr;
  if (found.attempt < of || found.stages.empty()) {
    found = {};
    found.attempt = of;
    found.stages.resize(plan_->stages().size());
  }
  return &found;
}

void task_board::announced(const run_batch& batch) {
  auto found = entry_for(batch.record.id, batch.attempt);
  if (!found || found->record)
    return;
  found->record = std::make_shared<const log::batch_record>(batch.record);
  found->owners = batch.owners;
  auto counts = plan_->task_counts(batch.record.splits.size(), partitions_);
  for (std::size_t stage = 0; stage < counts.size(); ++stage) {
    found->stages[stage].tasks = counts[stage];
    found->stages[stage].next = batch.owners.next_task_of(self_, 0);
  }
}

void task_board::output_ready(const map_output_ready& output) {
  auto found = entry_for(output.batch, output.attempt);
  if (!found)
    return;
  auto& at = found->stages[output.stage.value];
  if (at.has_ended.size() <= output.task.value)
    at.has_ended.resize(output.task.value + std::size_t{1});
  if (at.has_ended[output.task.value])
    return;
  at.has_ended[output.task.value] = true;
  ++at.ended;
}

void task_board::forgotten(batch_id batch) {
  forgotten_ = std::max(forgotten_, batch);
  batches_.erase(batches_.begin(), batches_.upper_bound(forgotten_));
}

bool task_board::inputs_complete(const entry& of, const plan::stage& stage) const {
  for (auto shuffle : stage.reads)
    for (auto writer : plan_->shuffles()[shuffle.value].writers)
      if (of.stages[writer.value].ended < of.stages[writer.value].tasks)
        return false;
  return true;
}

std::optional<task_board::task> task_board::next_of(entry& of) {
  auto& stages = plan_->stages();
  for (auto at = of.first; at < stages.size(); ++at) {
    auto& here = of.stages[at];
    if (here.next >= here.tasks) {
      of.first += at == of.first ? 1 : 0;
      continue;
    }
    if (!inputs_complete(of, stages[at]))
      continue;
    return give(of, at);
  }
  return std::nullopt;
}

task_board::task task_board::give(entry& of, std::size_t stage) {
  auto& here = of.stages[stage];
  ensure(of.record && here.next < here.tasks, "a task is given out once, and of an announced batch", "stage", stage,
         "task", here.next, "tasks", here.tasks);
  task_index index{static_cast<std::uint32_t>(here.next)};
  here.next = of.owners.next_task_of(self_, here.next + 1);
  return {of.attempt, of.record, plan_->stages()[stage].index, index};
}

std::vector<task_board::task> task_board::next_tasks(bool has_room) {
  std::vector<task> found;
  auto first = next(has_room);
  if (!first)
    return found;
  found.push_back(*first);
  auto& of = batches_.at(first->record->id);
  auto& here = of.stages[first->stage.value];
  auto& stages = plan_->stages();
  auto reads_static = std::any_of(stages.begin(), stages.end(), [](auto& stage) { return stage.slices > 0; });
  if (of.record->bytes <= limits::split_bytes && !reads_static)
    while (here.next < here.tasks)
      found.push_back(give(of, first->stage.value));
  return found;
}

std::optional<task_board::task> task_board::next(bool has_room) {
  for (auto& [number, of] : batches_) {
    // An attempt that is not the newest is on its way to its commit: it needs nothing more, and holds nobody up.
    if (!of.record || of.attempt < newest_)
      continue;
    if (auto found = next_of(of))
      return found;
    if (!has_room)
      break;
  }
  return std::nullopt;
}

bool task_board::current(batch_id batch, const attempt& of) const {
  auto found = batches_.find(batch);
  return found != batches_.end() && found->second.attempt == of;
}

} // namespace weir::actors
