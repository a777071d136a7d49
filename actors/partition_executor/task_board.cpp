#include "actors/partition_executor/task_board.hpp"

namespace weir::actors {

task_board::entry* task_board::entry_for(batch_id batch, const attempt& of) {
  if (batch <= forgotten_ || of < newest_)
    return nullptr;
  if (newest_ < of)
    newest_ = of;
  auto& found = batches_[batch];
  if (of < found.attempt)
    return nullptr;
  if (found.attempt < of) {
    found = {};
    found.attempt = of;
  }
  return &found;
}

void task_board::announced(const run_batch& batch) {
  auto found = entry_for(batch.record.id, batch.attempt);
  if (!found || found->record)
    return;
  found->record = std::make_shared<const log::batch_record>(batch.record);
  found->executors = batch.executors;
}

void task_board::output_ready(const map_output_ready& output) {
  if (auto found = entry_for(output.batch, output.attempt))
    found->ended.insert({output.stage, output.task});
}

void task_board::forgotten(batch_id batch) {
  forgotten_ = std::max(forgotten_, batch);
  batches_.erase(batches_.begin(), batches_.upper_bound(forgotten_));
}

bool task_board::inputs_complete(const entry& of, const plan::stage& stage) const {
  for (auto shuffle : stage.reads)
    for (auto writer : plan_->shuffles()[shuffle.value].writers) {
      auto tasks = plan::task_count(plan_->stages()[writer.value], of.record->splits.size(), partitions_);
      auto from = of.ended.lower_bound({writer, task_index{0}});
      auto to = of.ended.lower_bound({writer.next(), task_index{0}});
      if (static_cast<std::size_t>(std::distance(from, to)) < tasks)
        return false;
    }
  return true;
}

std::optional<task_board::task> task_board::next() {
  for (auto& [number, of] : batches_) {
    if (!of.record || of.attempt < newest_)
      continue;
    for (auto& stage : plan_->stages()) {
      auto tasks = plan::task_count(stage, of.record->splits.size(), partitions_);
      if (!inputs_complete(of, stage))
        continue;
      for (auto index = self_; index < tasks; index += of.executors)
        if (of.given.insert({stage.index, task_index{index}}).second)
          return task{of.attempt, of.record, stage.index, task_index{index}};
    }
  }
  return std::nullopt;
}

bool task_board::current(batch_id batch, const attempt& of) const {
  auto found = batches_.find(batch);
  return found != batches_.end() && found->second.attempt == of;
}

} // namespace weir::actors
