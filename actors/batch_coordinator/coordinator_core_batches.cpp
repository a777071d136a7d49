// On a record's way, steps 10 and 11 of 11: a computed batch is committed, a committed one published. The core's part that follows a batch from
// its announcement to its end.
#include <algorithm>

#include "actors/batch_coordinator/coordinator_core.hpp"
#include "actors/node/message_bounds.hpp"
#include "libstream/base/ensure.hpp"
#include "libstream/base/marks.hpp"
#include "libstream/plan/batch_rules.hpp"

namespace weir::actors {

// -- sealed and computed -------------------------------------------------------------------------------------------------

void coordinator_core::on(const batch_sealed& message) {
  if (auto batch = find(message.epoch, message.batch))
    batch->seal_logged();
}

/// Blocks died before they were durable, with everyone who could have had them logged. Nothing rests on them yet: a successor begins from what
/// the log holds.
void coordinator_core::on(const seal_impossible& message) {
  if (!is_active() || message.epoch != epoch_)
    return;
  mark("coordinator.loses_undurable_blocks");
  actions_.push_back(quit{});
}

void coordinator_core::announce(batch_progress& batch) {
  batch.announced({epoch_, view_});
  auto& record = batch.record();
  times_.announced(record.id, now_.steady, now_.wall_us - record.time_ms * 1000);
  pass_fault_point("coordinator.batch_announced");
  if (!record.amendment.skipped)
    to_executors({batch.current(), record, facts_.owners});
}

/// An executor has lost what it had: a new view, and every batch that is not yet on its way to the commit runs again.
void coordinator_core::run_all_again() {
  view_ = view_.next();
  for (auto& [number, batch] : batches_)
    if (batch.where() == batch_progress::state::open) {
      if (batch.current() != attempt{})
        mark("coordinator.announces_again");
      announce(batch);
    }
}

/// A user function fails on it. What its next attempt leaves out is logged before that begins.
void coordinator_core::on(const task_poisoned& message) {
  auto batch = find(message.attempt.epoch, message.batch);
  auto counts = batch && batch->where() == batch_progress::state::open && batch->current() == message.attempt;
  auto whole = counts ? poisoned_.take(message) : nullptr;
  if (counts && !whole)
    return; // there is more of it to come
  if (!counts || !batch->amend(whole->skip, whole->excluded)) {
    mark("coordinator.drops_stale_poison");
    return;
  }
  reports_.problem(message.problem);
  to_writer(amend_batch{epoch_, batch->record()});
}

/// Nothing but a defect, a disk or a source that is not what it was. An attempt that counts no more has found what it needs gone, perhaps.
void coordinator_core::on(const task_failed& message) {
  auto batch = find(message.attempt.epoch, message.batch);
  if (!batch || batch->where() != batch_progress::state::open || batch->current() != message.attempt) {
    mark("coordinator.drops_stale_failure");
    return;
  }
  actions_.push_back(fail_application{{static_cast<error_code>(message.code), message.problem, {}, {}}});
}

void coordinator_core::on(const batch_amended& message) {
  auto batch = find(message.epoch, message.batch);
  if (!batch || !batch->amendment_logged(message.amendment))
    return;
  reports_.amended(batch->record());
  run_all_again();
  commit_in_order();
}

void coordinator_core::on(const task_finished& message) {
  auto batch = find(message.attempt.epoch, message.batch);
  if (!batch || message.attempt != batch->current())
    return;
  if (reads_split(message, batch->record()))
    times_.task_read(message.batch, message.task, message.records);
  if (batch->task_finished(message.attempt, message.stage, message.task, message.parts, message.records)) {
    times_.computed(message.batch, now_.steady);
    commit_in_order();
  }
}

/// Whether the task was the one that reads the records of its split: a source stage reads its own inputs only, which are all that were
/// configured, or one that the program brings.
bool coordinator_core::reads_split(const task_finished& message, const log::batch_record& record) const {
  auto& stage = facts_.plan->stages()[message.stage.value];
  if (!stage.reads_text)
    return false;
  auto input = record.splits[message.task.value].input();
  return input.value < facts_.inputs.size() && facts_.inputs[input.value].source == stage.source;
}

// -- committed -----------------------------------------------------------------------------------------------------------

/// Batches commit in the order of their numbers, so that what is committed is always a prefix of what was sealed.
void coordinator_core::commit_in_order() {
  for (auto& [number, batch] : batches_) {
    if (batch.where() > batch_progress::state::open)
      continue;
    if (!batch.all_tasks_ended())
      break;
    pass_fault_point("coordinator.all_staged");
    to_writer(commit_batch{epoch_, batch.stage(epoch_)});
  }
}

/// The log takes commits in the order in which batches were sealed: the word of one is the word of all before it, whose own may have been
/// lost with a writer. So batches are concluded here in their order, too.
void coordinator_core::on(const batch_committed& message) {
  auto batch = find(message.epoch, message.batch);
  if (!batch || batch->where() != batch_progress::state::staged)
    return;
  for (auto& [number, each] : batches_) {
    if (number > message.batch)
      break;
    ensure(each.where() != batch_progress::state::open, "batches are staged in the order of their numbers", "batch",
           number, "committed", message.batch);
    if (each.where() == batch_progress::state::staged)
      conclude(each);
  }
  publish_next();
  seal_if_due();
}

void coordinator_core::conclude(batch_progress& batch) {
  batch.commit_logged(outputs_of(batch.commit()));
  pass_fault_point("coordinator.commit_known");
  inputs_.queue().committed(batch.record());
  release_inputs(batch.record());
  committed_ = batch.record().id;
  forget_committed();
  summarise(batch);
  if (batch.where() == batch_progress::state::published)
    done(batch);
}

void coordinator_core::release_inputs(const log::batch_record& record) {
  std::map<address, std::vector<log::block_range>> ranges; ///< by block store
  for (auto& split : record.splits)
    if (!split.blocks.empty()) {
      auto& of_store = ranges[facts_.owners.block_store_of(split.input())];
      of_store.insert(of_store.end(), split.blocks.begin(), split.blocks.end());
    }
  for (auto& [store, all] : ranges)
    for (auto& part : in_parts(std::move(all)))
      actions_.push_back(send_to{store, release_blocks{epoch_, std::move(part)}});
}

void coordinator_core::summarise(const batch_progress& batch) {
  auto ended = times_.committed(batch, now_.steady);
  if (!ended)
    return;
  auto outputs = batch.unpublished();
  ended->summary.outputs.assign(outputs.begin(), outputs.end());
  reports_.committed(ended->summary);
  if (!batch.record().amendment.skipped)
    rates_.computed(ended->summary);
  for (auto& changed : ended->rates)
    if (!rates_.set_rate(changed.of.input, changed.rate, now_.steady))
      send_rate(changed.of.input);
}

// -- published -----------------------------------------------------------------------------------------------------------

void coordinator_core::publish_next() {
  for (auto& request : publication_.ask(batches_)) {
    auto record = only_of(*request.commit, facts_.plan->outputs()[request.output.value].name);
    to(facts_.owners.sink_of(request.output),
       publish_batch{epoch_, std::move(record), request.oldest, request.incarnation, request.after});
  }
}

void coordinator_core::on(const ready_to_publish& message) {
  if (publication_.is_ready(message.output, message.incarnation) && is_active())
    publish_next();
}

void coordinator_core::on(const batch_published& message) {
  auto batch = find(message.epoch, message.batch);
  if (!batch || !batch->unpublished().contains(message.output))
    mark("coordinator.hears_late_publication");
  if (!batch || !batch->output_published(message.output))
    return;
  done(*batch);
  seal_if_due();
}

void coordinator_core::done(const batch_progress& batch) {
  reports_.done(batch.record().id, batch.record().time_ms);
  to_writer(finish_batch{epoch_, batch.record().id});
}

void coordinator_core::on(const batch_finished& message) {
  if (auto batch = find(message.epoch, message.batch); batch && batch->where() == batch_progress::state::published)
    batches_.erase(message.batch);
  finish_if_drained();
}

// -- small things --------------------------------------------------------------------------------------------------------

batch_progress coordinator_core::progress_of(const log::batch_record& record) const {
  return {record, plan::count_tasks(*facts_.plan, record.splits.size(), facts_.partitions)};
}

/// Those that have something to show of a batch: text outputs show nothing of one without records for them.
std::set<output_index> coordinator_core::outputs_of(const log::commit_record& commit) const {
  auto has_records = [&](auto& output) {
    return std::any_of(commit.parts.begin(), commit.parts.end(),
                       [&](auto& part) { return part.output == output.name; });
  };
  auto is_text = [](auto& target) { return target.what == plan::output_target::kind::text; };
  std::set<output_index> outputs;
  for (auto& output : facts_.plan->outputs())
    if (has_records(output) || !std::all_of(output.targets.begin(), output.targets.end(), is_text))
      outputs.insert(output.index);
  return outputs;
}

batch_progress* coordinator_core::find(weir::epoch owner, batch_id batch) {
  auto entry = batches_.find(batch);
  return is_active() && owner == epoch_ && entry != batches_.end() ? &entry->second : nullptr;
}

} // namespace weir::actors
