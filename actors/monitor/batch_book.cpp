#include "actors/monitor/batch_book.hpp"

#include <algorithm>
#include <set>

namespace weir::actors {

batch_book::entry* batch_book::find(batch_id batch) {
  auto open = open_.find(batch);
  return open == open_.end() ? nullptr : &open->second;
}

output_operation_info* batch_book::find(batch_id batch, output_index output) {
  auto of = find(batch);
  return of && output.value < of->info.outputs.size() ? &of->info.outputs[output.value] : nullptr;
}

void batch_book::note_inputs(entry& of, const std::vector<batch_input>& inputs) const {
  of.bytes = 0;
  for (auto& input : inputs) {
    auto name = input.input.value < inputs_.size() ? inputs_[input.input.value] : std::string{};
    of.info.inputs[input.input] = {input.input, input.records, name};
    of.bytes += input.bytes;
  }
}

const batch_book::entry* batch_book::submitted(const batch_submission& batch) {
  auto [at, is_new] = open_.try_emplace(batch.batch);
  if (!is_new)
    return nullptr;
  auto& info = at->second.info;
  info.id = batch.batch;
  info.batch_time = event_time_of(batch.time_ms * 1000);
  info.submission = event_time_of(batch.submitted_us);
  for (std::uint32_t i = 0; i < outputs_.size(); ++i)
    info.outputs.push_back({info.batch_time, output_index{i}, outputs_[i], {}, {}, {}});
  note_inputs(at->second, batch.inputs);
  return &at->second;
}

const batch_book::entry* batch_book::started(batch_id batch, event_time time) {
  auto of = find(batch);
  if (!of || of->where != state::submitted)
    return nullptr;
  of->where = state::running;
  of->info.processing_start = std::max(time, of->info.submission); // the wall clock may have jumped
  return of;
}

const batch_book::entry* batch_book::committed(const batch_summary& batch, event_time time) {
  auto of = find(batch.batch);
  if (!of || of->where >= state::committed)
    return nullptr;
  started(batch.batch, time); // a batch without tasks
  of->where = state::committed;
  of->publishing = batch.outputs;
  note_inputs(*of, batch.inputs);
  processed_records_ += batch.records;
  return of;
}

const batch_book::entry* batch_book::completed(batch_id batch, event_time time) {
  auto of = find(batch);
  if (!of)
    return nullptr;
  auto last = of->info.processing_start.value_or(of->info.submission);
  for (auto& output : of->info.outputs)
    last = std::max(last, output.end.value_or(time));
  of->info.processing_end = last;
  of->where = state::completed;
  ++completed_;
  ended_.push_back(std::move(*of));
  open_.erase(batch);
  if (ended_.size() > retained_)
    ended_.pop_front();
  return &ended_.back();
}

std::optional<output_operation_info> batch_book::output_started(batch_id batch, output_index output, event_time time) {
  auto of = find(batch, output);
  if (!of || of->start)
    return std::nullopt;
  of->start = time;
  return *of;
}

std::optional<output_operation_info> batch_book::output_ended(batch_id batch, output_index output, event_time time,
                                                              const std::string& failure) {
  auto of = find(batch, output);
  if (!of || (of->end && !of->failure_reason))
    return std::nullopt;
  of->end = std::max(time, of->start.value_or(time));
  of->failure_reason = failure.empty() ? std::nullopt : std::optional{failure};
  if (failure.empty())
    ++published_[output.value];
  return *of;
}

std::vector<const batch_book::entry*> batch_book::recovered(const std::vector<batch_submission>& open,
                                                            const std::vector<batch_submission>& unpublished) {
  std::set<batch_id> kept;
  std::vector<const entry*> added;
  for (auto& batch : open) {
    kept.insert(batch.batch);
    if (auto is_new = submitted(batch))
      added.push_back(is_new);
  }
  for (auto& batch : unpublished) {
    kept.insert(batch.batch);
    submitted(batch);
    auto of = find(batch.batch);
    of->where = state::committed;
    of->publishing = batch.outputs;
  }
  std::erase_if(open_, [&](auto& known) { return !kept.count(known.first); });
  return added;
}

std::vector<batch_book::publication> batch_book::publications() const {
  std::vector<publication> outputs(outputs_.size());
  for (std::size_t i = 0; i < outputs.size(); ++i)
    outputs[i].published = published_[i];
  for (auto& [id, batch] : open_)
    for (auto index : batch.publishing) {
      if (index.value >= batch.info.outputs.size())
        continue;
      auto& output = batch.info.outputs[index.value];
      if (output.end && !output.failure_reason)
        continue;
      auto& standing = outputs[index.value];
      ++standing.waiting;
      if (output.failure_reason && !standing.failing) {
        standing.failing = id;
        standing.failure = *output.failure_reason;
      }
    }
  return outputs;
}

batch_book::counts batch_book::count() const {
  counts count;
  for (auto& [id, batch] : open_)
    ++(batch.where == state::submitted ? count.waiting
       : batch.where == state::running ? count.running
                                       : count.unpublished);
  count.completed = completed_;
  count.processed_records = processed_records_;
  return count;
}

} // namespace weir::actors
