#include "actors/simulation/verdict.hpp"

#include "libstream/data/codec.hpp"
#include "libstream/log/block_log.hpp"
#include "libstream/log/keys.hpp"

namespace weir::actors::simulation {

verdict::verdict(trial& of, surroundings& outside, simulated_program& program, readers& watching)
  : trial_{of},
    outside_{outside},
    program_{program},
    readers_{watching},
    stops_left_{of.plan.poison.stops},
    batch_watch_{of.plan.settings.backpressure_max_rate} {} // no input is ever allowed more; 0 = there is no such bound

bool verdict::isolates() const {
  return trial_.plan.poison.any && trial_.plan.settings.on_error == error_policy::isolate;
}

// -- while it runs ---------------------------------------------------------------------------------------------------------

std::shared_ptr<journal> verdict::listen(std::shared_ptr<const log::store> log, bounds_watch& bounds) {
  simulated_journal::audience told;
  told.sealed = [this](const batch_submission& batch) {
    trial_.judged(batch_watch_.sealed(batch, outside_.wall_clock_us() / 1000));
  };
  told.committed = [this](const batch_summary& batch) { committed(batch); };
  told.amended = [this, log](const log::batch_record& batch) { amended(batch, *log); };
  told.left_out = [this](batch_id batch) { left_out(batch); };
  told.started = [this, &bounds](input_id input) {
    batch_watch_.started(input, trial_.time.elapsed());
    bounds.receiver_started(input);
  };
  told.counted = [this](input_id input, std::uint64_t records) { counted(input, records); };
  told.done = [&bounds](batch_id batch) { bounds.published(batch); };
  told.waits = [this, &bounds](input_id input, std::uint64_t bytes) { trial_.judged_now(bounds.waits(input, bytes)); };
  return std::make_shared<simulated_journal>(trial_.time, std::move(told));
}

bool verdict::may_end(const error& why, bool again) {
  auto& ended = trial_.ended;
  auto& settings = trial_.plan.settings;
  auto& poison = program_.poison();
  auto by_poison = trial_.plan.poison.any && settings.on_error == error_policy::stop &&
                   (again || !poison.is_mended()) &&
                   why.message().find("user function of operator") != std::string::npos;
  if (by_poison && !again) {
    ++ended.poison_stops;
    if (stops_left_ > 0)
      --stops_left_;
    else
      poison.mend();
  }
  auto by_function = program_.table().thrown() > 0 && settings.on_error == error_policy::stop &&
                     settings.output_retry_limit != for_ever && why.message().starts_with("user function of output ");
  ended.poison_stops += by_function && !again ? 1 : 0;
  auto by_restarts = trial_.plan.restarts && why.hint.starts_with("it cannot be kept alive");
  ended.gave_up += by_restarts && !again ? 1 : 0;
  auto by_disk = why.code == error_code::disk && !why.full && ended.scratch_failures + ended.disk_failures > 0;
  if (by_poison || by_function || by_restarts || by_disk)
    return true;
  trial_.violated("the application failed: " + why.message());
  return false;
}

void verdict::committed(const batch_summary& batch) {
  auto& ended = trial_.ended;
  ++ended.batches;
  if (recovering_since_)
    ended.recovery_us.push_back(static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(trial_.time.now() - *recovering_since_).count()));
  recovering_since_.reset();
  for (auto& taken : batch.inputs)
    ended.inputs.push_back({batch.time_ms, taken.input.value, taken.records});
  trial_.judged(batch_watch_.committed(batch));
}

/// An input that can be read again is held to its rate by the sizes of batches.
void verdict::counted(input_id input, std::uint64_t records) {
  if (trial_.plan.settings.inputs[input.value].what() != input_url::kind::file)
    trial_.judged(batch_watch_.counted(input, records, trial_.time.elapsed()));
}

void verdict::left_out(batch_id batch) {
  if (trial_.plan.settings.output_retry_limit == for_ever)
    trial_.violated("an output gave up batch " + std::to_string(batch.value) + ", which it is to try for ever");
  program_.table().left_out(batch);
}

/// Its blocks are in the log as long as it is open.
template <class Visit>
void verdict::visit_lines(const log::batch_record& batch, const log::store& log, Visit visit) {
  for (auto& split : batch.splits) {
    for (auto& range : split.blocks)
      for (auto sequence = range.first; sequence <= range.last; sequence = sequence.next())
        if (auto block = log::read_block(log, {range.input, range.epoch, sequence}); block && *block)
          naive_lines((*block)->bytes->view(), visit);
        else
          trial_.violated("batch " + std::to_string(batch.id.value) + " is open and lacks a block");
    for (auto& range : split.ranges)
      if (auto pieces = outside_.directory(range.input)->read(range, trial_.plan.settings.max_record_bytes))
        for (auto& piece : *pieces)
          naive_lines(piece.bytes, visit);
  }
}

void verdict::amended(const log::batch_record& batch, const log::store& log) {
  ++trial_.ended.amendments;
  if (!batch.amendment.skipped || !skipped_.insert(batch.id).second)
    return;
  visit_lines(batch, log, [this](std::string_view line) { expected_.skipped(line); });
  if (trial_.plan.pipeline.any())
    contents_.skipped(batch.id);
}

void verdict::written(const log::transaction& changes, const log::store& log) {
  if (!trial_.plan.pipeline.any())
    return;
  for (auto& change : changes.operations()) {
    if (change.what != log::transaction::operation::kind::put)
      continue;
    if (change.table == log::table::commits)
      contents_.committed(*log::parse_batch_key(change.key));
    if (change.table != log::table::batches)
      continue;
    if (auto batch = data::decode<log::batch_record>(change.head); batch && !contents_.knows(batch->id)) {
      std::vector<std::string> lines;
      visit_lines(*batch, log, [&](std::string_view line) { lines.push_back(expectation::text_of(line)); });
      contents_.sealed(batch->id, batch->time_ms, std::move(lines));
    }
  }
}

// -- when all is over ------------------------------------------------------------------------------------------------------

void verdict::conclude(bool certain, bool log_is_empty) {
  auto& ended = trial_.ended;
  auto stopped_early = !ended.violations.empty();
  ended.user_failures[static_cast<std::size_t>(trial_.plan.settings.on_error)] =
    program_.poison().thrown() + program_.table().thrown();
  outside_.tell(expected_, certain);
  trial_.judged(readers_.expect(expected_, isolates()));
  if (trial_.plan.function.any && !stopped_early)
    trial_.judged(program_.table().compare(readers_.published(trial_.plan.output_prefixes.front())));
  if (trial_.plan.pipeline.any() && !stopped_early)
    judge_drawn_pipeline();
  if (trial_.plan.lines_output)
    trial_.judged(expected_.judge_lines(program_.lines().totals(), isolates(), !stopped_early));
  if (!stopped_early && !log_is_empty)
    trial_.violated("the application has drained, and something is left in its log");
  ended.empty_batches = program_.lines().empty();
  judge_words(stopped_early);
}

/// Each line is in one batch, and each output shows what follows from the lines of its batches.
void verdict::judge_drawn_pipeline() {
  auto& drawn = trial_.plan.pipeline;
  trial_.judged(expected_.judge_lines(contents_.totals(), isolates(), true));
  trial_.judged(contents_.judge(drawn, drawn.steps.size(), isolates(), readers_.published(drawn_prefix)));
  if (drawn.shown_halfway > 0)
    trial_.judged(contents_.judge(drawn, drawn.shown_halfway, isolates(), readers_.published(halfway_prefix)));
  if (trial_.plan.lines_output)
    trial_.judged(contents_.judge_calls(drawn, isolates(), program_.drawn_calls()));
}

/// What has not come when the run was broken off might still have come.
void verdict::judge_words(bool stopped_early) {
  auto& ended = trial_.ended;
  auto words = readers_.conclude();
  auto complaints = readers_.violations();
  ended.violations.insert(ended.violations.end(), complaints.begin(), complaints.end());
  ended.lost = stopped_early ? 0 : words.lost;
  ended.duplicated = words.duplicated;
  if (ended.lost + ended.duplicated > 0)
    ended.violations.push_back((ended.lost > 0 ? "lost: " : "duplicated: ") + words.example);
}

} // namespace weir::actors::simulation
