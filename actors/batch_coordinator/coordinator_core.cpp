// On a record's way, step 5 of 11: input is sealed into a batch, which is announced at the same time. The core's part that begins, seals, asks
// again and ends; `coordinator_core_batches.cpp` has the rest of a batch's way.
#include "actors/batch_coordinator/coordinator_core.hpp"

#include "libstream/base/marks.hpp"
#include "libstream/plan/batch_rules.hpp"

namespace weir::actors {

using std::chrono::microseconds;

// -- beginning -----------------------------------------------------------------------------------------------------------

coordinator_core::coordinator_core(coordinator_facts facts, std::shared_ptr<journal> journal, const moment& now)
  : facts_{std::move(facts)},
    reports_{std::move(journal)},
    now_{now},
    inputs_{facts_, reports_, actions_},
    clock_{facts_.batch_interval},
    times_{facts_.rates},
    rates_{facts_, now.steady},
    always_due_{plan::is_always_due(*facts_.plan)},
    draining_{facts_.draining} {
  claim();
  set_timer(coordinator_timer::retry, facts_.retry_interval);
  if (facts_.stop_when_idle.count() > 0)
    schedule_idle_check();
}

void coordinator_core::claim() { to_writer(claim_coordination{facts_.incarnation, known_}); }

/// No older coordinator can write from here on: what the log says now stays true until this one changes it.
void coordinator_core::on(const coordination_claimed& message) {
  if (is_active() || message.epoch <= known_)
    return;
  known_ = message.epoch;
  if (message.incarnation != facts_.incarnation) {
    if (claimed_.value == 0)
      claim(); // behind that one
    return;
  }
  claimed_ = message.epoch;
  claimed_us_ = now_.wall_us;
  actions_.push_back(read_recovered{claimed_});
}

void coordinator_core::recovered(weir::epoch claimed, const recovered_batches& log, const moment& now) {
  now_ = now;
  if (is_active() || claimed != claimed_)
    return;
  epoch_ = claimed;
  clock_.last_was({log.last, log.last_time_ms});
  committed_ = log.open.empty() ? log.last : batch_id{log.open.front().id.value - 1};
  for (auto& commit : log.unpublished) {
    auto input = log.unpublished_input_bytes.find(commit.id);
    recover_batch(commit, input == log.unpublished_input_bytes.end() ? 0 : input->second);
  }
  for (auto& record : log.open)
    recover_batch(record);
  report_recovered(log);
  forget_committed(); // a predecessor may have announced what is never sealed
  for (auto& [id, batch] : batches_)
    if (batch.where() == batch_progress::state::published) // no output has anything of it
      done(batch);
  publish_next();
  run_all_again();
  commit_in_order(); // of those that are skipped
  inputs_.begin(epoch_, log);
  finish_if_drained(); // without inputs nobody else will say so
  input_waits();       // files that were begun go on
  seal_if_due();
}

void coordinator_core::recover_batch(const log::commit_record& commit, std::uint64_t input_bytes) {
  mark("coordinator.publishes_recovered");
  batches_.emplace(commit.id, batch_progress{commit, outputs_of(commit), input_bytes});
}

void coordinator_core::recover_batch(const log::batch_record& record) {
  mark("coordinator.recovers_open_batch");
  batches_.emplace(record.id, progress_of(record)).first->second.seal_logged();
  times_.recovered(record, now_.steady);
}

void coordinator_core::report_recovered(const recovered_batches& log) {
  std::vector<batch_submission> open, unpublished;
  for (auto& record : log.open)
    open.push_back({record.id, record.time_ms, now_.wall_us, inputs_of(record)});
  for (auto& commit : log.unpublished) {
    auto outputs = outputs_of(commit);
    unpublished.push_back({commit.id, commit.time_ms, now_.wall_us, {}, {outputs.begin(), outputs.end()}});
  }
  reports_.recovered(log, open, unpublished, now_.wall_us - claimed_us_);
}

void coordinator_core::on(const coordination_lost& message) {
  if (is_active() && message.epoch == epoch_)
    actions_.push_back(quit{});
}

// -- inputs --------------------------------------------------------------------------------------------------------------

void coordinator_core::on(const open_input& message) { inputs_.on(message); }

void coordinator_core::on(const epoch_opened& message) { inputs_.on(message); }

void coordinator_core::on(const blocks_ready& message) {
  if (!is_active() || !inputs_.on(message)) // it is asked for again once there is an epoch
    return;
  release_committed(message);
  input_taken();
  finish_if_drained();
}

/// A restarted block store knows blocks again that a committed batch has used up.
void coordinator_core::release_committed(const blocks_ready& message) {
  std::optional<log::block_range> gone;
  auto known = inputs_.queue().known_through(message.input, message.epoch);
  for (auto& header : message.headers) {
    if (header.id.sequence > known || inputs_.queue().waits(header.id) || any_takes(batches_, header.id))
      break;
    gone = {message.input, message.epoch, message.headers.front().id.sequence, header.id.sequence};
  }
  if (!gone)
    return;
  mark("coordinator.releases_again");
  actions_.push_back(send_to{facts_.owners.block_store_of(message.input), release_blocks{epoch_, {*gone}}});
}

/// They may have been the only ones that an end of the application waits for.
void coordinator_core::on(const blocks_void& message) {
  if (!is_active())
    return;
  inputs_.on(message);
  finish_if_drained();
}

void coordinator_core::on(const blocks_reported& message) {
  if (!is_active())
    return;
  inputs_.on(message);
  finish_if_drained();
}

void coordinator_core::on(const offsets_found& message) {
  if (is_active() && inputs_.on(message))
    input_taken();
}

void coordinator_core::positions_read(input_queue::logged_positions positions, const moment& now) {
  now_ = now;
  if (inputs_.positions_read(std::move(positions)))
    input_taken();
}

void coordinator_core::on(const input_activity& message) { inputs_.on(message); }

void coordinator_core::on(const input_drained& message) {
  inputs_.on(message);
  finish_if_drained();
}

// -- the clock -----------------------------------------------------------------------------------------------------------

void coordinator_core::input_taken() {
  input_waits();
  inputs_.report_waiting();
}

void coordinator_core::input_waits() {
  if (inputs_.queue().empty())
    return;
  inputs_.busy();
  clock_.arrived(now_);
  seal_if_due();
}

void coordinator_core::on(const batch_tick&) {
  tick_comes_ = false;
  seal_if_due();
}

/// No tick comes to an application that has nothing to do.
void coordinator_core::schedule_tick() {
  if (!std::exchange(tick_comes_, true))
    set_timer(coordinator_timer::tick, clock_.until_next(now_));
}

/// Called whenever something has changed that sealing depends on. A graceful stop seals all that waits at once.
void coordinator_core::seal_if_due() {
  while (seal_next_if_due() && draining_) {}
}

/// True if a batch was sealed.
bool coordinator_core::seal_next_if_due() {
  auto& queue = inputs_.queue();
  auto always = always_due_ && !draining_;
  if (!is_active() || (queue.empty() && !always))
    return false;
  auto due = clock_.due(now_, always) || draining_; // a graceful stop waits for no interval
  if (!has_room(batches_, facts_.bounds)) {
    if (due)
      times_.held(now_.steady);
    return false;
  }
  if (due && !rates_allow())
    return false; // until the records are counted
  auto seals = due && (queue.may_take() || always);
  if (seals)
    seal_next();
  if (always || (!draining_ && !queue.empty()))
    schedule_tick();
  return seals;
}

/// False: records are counted first.
bool coordinator_core::rates_allow() {
  auto counted = rates_.allow(inputs_.queue(), now_.steady);
  ask_for_counts(rates_.take_questions());
  return counted;
}

void coordinator_core::on(const offsets_counted& message) {
  if (!is_active() || message.coordinator != epoch_)
    return;
  auto counted = rates_.counted(message, inputs_.queue());
  ask_for_counts(rates_.take_questions());
  if (counted)
    seal_if_due();
}

void coordinator_core::seal_next() {
  auto& queue = inputs_.queue();
  auto share =
    queue.take(facts_.bounds.max_batch_bytes, split_bytes(queue.waiting_bytes(), facts_.bounds, facts_.partitions));
  auto given = clock_.seal(now_, !queue.empty());
  log::batch_record record;
  record.id = given.number;
  record.time_ms = given.time_ms;
  record.epoch = epoch_;
  record.splits = std::move(share.splits);
  record.records = share.records;
  record.bytes = share.bytes;
  record.tables = facts_.tables;
  to_writer(seal_batch{epoch_, given.before, record});
  measure(record, share);
  announce(batches_.emplace(record.id, progress_of(record)).first->second);
  commit_in_order(); // a batch without tasks is computed as soon as it is sealed
}

void coordinator_core::measure(const log::batch_record& record, const input_queue::share& share) {
  std::vector<batch_input> inputs;
  for (auto& [input, taken] : share.inputs)
    inputs.push_back({input, taken.records, taken.bytes});
  rates_.sealed(record.id, share.inputs);
  auto held = times_.submitted(record, inputs, now_.steady);
  reports_.submitted({record.id, record.time_ms, now_.wall_us - held.count(), std::move(inputs)});
  inputs_.report_waiting();
}

// -- asking again --------------------------------------------------------------------------------------------------------

void coordinator_core::on(const peer_restarted& message) {
  auto& who = message.who;
  if (who.what == role::batch_coordinator)
    return;
  if (!is_active()) {
    if (claimed_.value == 0)
      claim();
    return;
  }
  switch (who.what) {
    case role::checkpoint_writer: ask_writer_again(); break;
    case role::block_store: inputs_.ask_for_blocks(); break;
    case role::receiver:
      inputs_.receiver_restarted(input_id{who.index});
      send_rate(input_id{who.index});
      ask_for_counts(rates_.open_questions());
      break;
    case role::partition_executor: run_all_again(); break;
    case role::sink:
      publication_.ask_again(output_index{who.index});
      publish_next();
      break;
    default: break;
  }
}

void coordinator_core::on(const retry_tick&) {
  set_timer(coordinator_timer::retry, facts_.retry_interval);
  if (!is_active()) {
    if (claimed_.value == 0)
      claim();
    return;
  }
  ask_writer_again();
  run_unfinished_again();
  forget_committed();
  inputs_.ask_for_blocks_again();
  inputs_.drain_again();
  for (std::uint32_t i = 0; i < facts_.inputs.size(); ++i)
    send_rate(input_id{i});
  ask_for_counts(rates_.open_questions());
  publication_.ask_all_again();
  publish_next();
}

void coordinator_core::ask_writer_again() {
  inputs_.open_again();
  batch_id after{0};
  for (auto& [number, batch] : batches_) {
    if (batch.where() <= batch_progress::state::staged && !batch.is_sealed())
      to_writer(seal_batch{epoch_, after, batch.record()});
    if (batch.is_amending())
      to_writer(amend_batch{epoch_, batch.record()});
    if (batch.where() == batch_progress::state::staged)
      to_writer(commit_batch{epoch_, batch.commit()});
    if (batch.where() == batch_progress::state::published)
      to_writer(finish_batch{epoch_, number});
    after = number;
  }
}

/// Executors that have tasks of these batches go on with them, and say again what has ended.
void coordinator_core::run_unfinished_again() {
  for (auto& [number, batch] : batches_)
    if (batch.where() == batch_progress::state::open && !batch.is_amending() && !batch.all_tasks_ended())
      to_executors({batch.current(), batch.record(), facts_.owners});
}

/// The word of one is the word of all before it.
void coordinator_core::forget_committed() {
  actions_.push_back(send_to_all{role::partition_executor, forget_batch{epoch_, committed_}});
}

void coordinator_core::send_rate(input_id input) {
  if (auto rate = times_.rate(input); rate && !rates_.paces(input))
    actions_.push_back(send_to{facts_.owners.receiver_of(input), limit_rate{epoch_, *rate, ++rates_said_}});
}

void coordinator_core::ask_for_counts(const input_rates::questions& questions) {
  for (auto& [input, asked] : questions)
    actions_.push_back(
      send_to{facts_.owners.receiver_of(input), count_offsets{epoch_, asked.number, asked.ranges, asked.most_records}});
}

// -- the end -------------------------------------------------------------------------------------------------------------

void coordinator_core::on(const drain&) {
  if (std::exchange(draining_, true))
    return;
  inputs_.drain();
  rates_.drain();
  seal_if_due();
  finish_if_drained();
}

void coordinator_core::finish_if_drained() {
  if (!draining_ || finished_ || !is_active() || !batches_.empty() || !inputs_.all_drained())
    return;
  finished_ = true;
  actions_.push_back(say_finished{});
}

void coordinator_core::schedule_idle_check() {
  auto pause =
    std::clamp<microseconds>(facts_.stop_when_idle / 8, std::chrono::milliseconds{1}, std::chrono::milliseconds{100});
  set_timer(coordinator_timer::idle_check, pause);
}

void coordinator_core::on(const idle_check&) {
  schedule_idle_check();
  if (!draining_ && is_active() && inputs_.are_idle(!any_has_input(batches_), now_.steady))
    actions_.push_back(say_idle{});
}

coordinator_core::phases coordinator_core::count_phases() const {
  using enum batch_progress::state;
  auto is_sealed = [](auto& entry) { return entry.second.where() == open && entry.second.is_sealed(); };
  auto count = [this](auto where) { return static_cast<std::int32_t>(count_of(batches_, where, where)); };
  auto sealed = static_cast<std::int32_t>(std::count_if(batches_.begin(), batches_.end(), is_sealed));
  return {inputs_.queue().waiting_inputs() + count(open) - sealed, sealed, count(staged), count(committed)};
}

} // namespace weir::actors
