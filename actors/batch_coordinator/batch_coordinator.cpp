// On a record's way, steps 5, 7 and 8 of 8: input is sealed into a batch and computed at the same time, a computed batch is committed,
// a committed one published. From block_store, to partition_executor and sinks, through checkpoint_writer.
#include "actors/batch_coordinator/batch_coordinator.hpp"

#include "actors/batch_coordinator/batch_clock.hpp"
#include "actors/batch_coordinator/batch_times.hpp"
#include "actors/batch_coordinator/count_ahead.hpp"
#include "actors/batch_coordinator/drain_watch.hpp"
#include "actors/batch_coordinator/input_queue.hpp"
#include "actors/batch_coordinator/open_batches.hpp"
#include "actors/batch_coordinator/rate_settings.hpp"
#include "actors/batch_coordinator/recovered_batches.hpp"
#include "actors/batch_coordinator/replay_pace.hpp"
#include "actors/block_store/protocol.hpp"
#include "actors/monitor/chaos_page.hpp"
#include "actors/node/conduct.hpp"
#include "actors/node/replayable_inputs.hpp"
#include "actors/partition_executor/protocol.hpp"
#include "actors/receiver/protocol.hpp"
#include "actors/sinks/protocol.hpp"
#include "libstream/base/marks.hpp"
#include "libstream/log/positions.hpp"
#include "libstream/plan/batch_rules.hpp"

namespace weir::actors {

namespace {

using std::chrono::microseconds;

/// So many files that have changed after they were read are named.
constexpr std::size_t most_changed_files = 10'000;

struct coordinator_state {
  static inline const char* name = "batch_coordinator";

  batch_coordinator_actor::pointer self;
  services_ptr services;
  std::uint64_t incarnation = 0;
  weir::epoch epoch; ///< 0 until claimed
  view_id view{1};
  input_queue queue;
  open_batches batches;                        ///< published ones, too, until their end is logged
  std::map<input_id, std::uint64_t> opening;   ///< receivers that wait for their epoch
  std::map<output_index, batch_id> publishing; ///< up to where each sink was asked
  std::optional<batch_clock> clock;
  bool tick_comes = false;
  bool always_due = false;
  bool draining = false;
  bool finished = false;
  drain_watch rest;
  std::optional<batch_times> times;
  std::map<input_id, replay_pace> paces;  ///< of what can be read again; receivers keep to their rates themselves
  std::map<input_id, count_ahead> counts; ///< of those whose records are counted before they are sealed
  std::set<std::pair<input_id, std::string>> changed_files; ///< after they were read; named to people
  std::set<input_id> resting;                               ///< inputs that have said that all is found that is there
  std::set<input_id> said_nothing_new;
  std::set<input_id> said_to_wait; ///< inputs of which the journal last heard that something waits

  coordinator_state(batch_coordinator_actor::pointer ptr) : self{ptr} {}

  // -- beginning -------------------------------------------------------------------------------------------------------

  void start(services_ptr given) {
    services = std::move(given);
    incarnation = services->random();
    draining = services->draining.load();
    clock.emplace(services->settings.batch_interval);
    always_due = plan::is_always_due(*services->plan);
    times.emplace(rates_of(services->settings));
    begin_paces();
    queue.look_up_in([raw = services.get()](input_id input, const std::string& partition) {
      return log::read_partition(*raw->store, input, partition);
    });
    leave_out_given_up();
    claim();
    schedule_retry();
    if (services->settings.stop_when_idle.count() > 0)
      schedule_idle_check();
  }

  /// Nobody reads them.
  void leave_out_given_up() {
    auto& inputs = services->settings.inputs;
    for (std::uint32_t i = 0; i < inputs.size(); ++i)
      if (inputs[i].what() == input_url::kind::given_up) {
        rest.activity(input_id{i}, true);
        rest.drained(input_id{i}, {}, {});
      }
  }

  void claim() { to_writer(claim_coordination{incarnation}); }

  void claimed(const coordination_claimed& message) {
    if (message.incarnation != incarnation || epoch.value != 0)
      return;
    auto claimed_us = services->wall_clock_us();
    // No older coordinator can write from here on: what the log says now stays true until this one changes it.
    auto recovered = recover_batches(*services, queue);
    if (!recovered) {
      services->fail(recovered.error());
      return;
    }
    epoch = message.epoch;
    clock->last_was({recovered->last, recovered->last_time_ms});
    for (auto& commit : recovered->unpublished) {
      mark("coordinator.publishes_recovered");
      if (batches.emplace(commit.id, batch_progress{commit, outputs_of(commit)}).first->second.unpublished().empty())
        finish(commit.id);
    }
    for (auto& record : recovered->open)
      recovered_open(record);
    report_recovered(*recovered, claimed_us);
    for (auto& [batch, what] : recovered->reconsidered)
      say_reconsidered(batch, what);
    publish_next();
    run_all_again();
    commit_in_order(); // of those that are skipped
    services->directory.send({role::block_store, 0}, report_blocks{epoch});
    services->directory.broadcast(role::receiver, report_input{epoch});
    for (auto& [input, who] : opening)
      to_writer(open_epoch{epoch, input, who});
    if (draining) {
      queue.drop_offsets();
      services->directory.broadcast(role::receiver, drain_input{epoch});
    }
    finish_if_drained(); // without inputs nobody else will say so
    input_waits();       // files that were begun go on
    seal_if_due();
    report_phases();
  }

  void recovered_open(const log::batch_record& record) {
    mark("coordinator.recovers_open_batch");
    batches.emplace(record.id, progress_of(record)).first->second.seal_logged();
    if (record.amendment.number == 0)
      return;
    mark("coordinator.recovers_amended_batch");
    services->journal->batch_amended(record); // again: the one that decided may have died before it said so
  }

  void report_recovered(const recovered_batches& recovered, std::int64_t claimed_us) {
    std::vector<batch_submission> open, unpublished;
    auto since = services->wall_clock_us();
    for (auto& record : recovered.open) {
      open.push_back({record.id, record.time_ms, since, inputs_of(record)});
      times->recovered(record, self->clock().now());
    }
    for (auto& commit : recovered.unpublished) {
      auto outputs = outputs_of(commit);
      unpublished.push_back({commit.id, commit.time_ms, since, {}, {outputs.begin(), outputs.end()}});
    }
    services->journal->batches_recovered(open, unpublished);
    if (!open.empty() || !unpublished.empty())
      say_recovered(open.size(), unpublished.size(), services->wall_clock_us() - claimed_us);
  }

  void say_reconsidered(batch_id batch, const log::exclusion& what) {
    services->journal->tell(
      {.name = "exclusion_reconsidered",
       .limited = true,
       .batch = batch,
       .message = "batch " + std::to_string(batch.value) + " was to leave out a record on which operator " +
                  what.operator_name +
                  " failed; the program is another one now and has no such operator, or it has no "
                  "name of its own, so the record is computed again",
       .more = {{"operator", what.operator_name}}});
  }

  void say_recovered(std::size_t open, std::size_t unpublished, std::int64_t took_us) {
    services->journal->tell({.name = "recovered",
                             .level = log_level::notice,
                             .limited = true,
                             .actor = address{role::batch_coordinator, 0},
                             .message = "the log was read: " + std::to_string(open) + " batches are computed again, " +
                                        std::to_string(unpublished) + " committed ones are published",
                             .more = {{"batches_to_compute", std::to_string(open)},
                                      {"batches_to_publish", std::to_string(unpublished)},
                                      {"took_ms", std::to_string(took_us / 1000)}}});
  }

  void lost(const coordination_lost& message) {
    if (message.epoch == epoch)
      self->quit(caf::exit_reason::user_shutdown);
  }

  /// Blocks died before they were durable, with everyone who could have had them logged. Nothing rests on them yet: a successor
  /// begins from what the log holds.
  void lost_blocks(const seal_impossible& message) {
    if (message.epoch != epoch)
      return;
    mark("coordinator.loses_undurable_blocks");
    self->quit(caf::exit_reason::user_shutdown);
  }

  // -- inputs ----------------------------------------------------------------------------------------------------------

  void open(const open_input& message) {
    opening[message.input] = message.incarnation;
    if (epoch.value != 0)
      to_writer(open_epoch{epoch, message.input, message.incarnation});
  }

  void opened(const epoch_opened& message) {
    auto asked = opening.find(message.input);
    if (asked == opening.end() || asked->second != message.incarnation)
      return;
    opening.erase(asked);
    services->directory.send({role::receiver, message.input.value},
                             input_opened{message.input, message.epoch, message.incarnation});
    if (draining)
      services->directory.send({role::receiver, message.input.value}, drain_input{epoch});
  }

  void ready(const blocks_ready& message) {
    if (epoch.value == 0)
      return; // it is asked for again once claimed
    if (!queue.blocks_ready(message.input, message.epoch, message.headers)) {
      mark("coordinator.asks_for_missing_blocks");
      services->directory.send({role::block_store, 0}, report_blocks{epoch});
      return;
    }
    release_committed(message);
    input_waits();
    report_waiting();
    finish_if_drained();
    report_phases();
  }

  /// A restarted block store knows blocks again that a committed batch has used up.
  void release_committed(const blocks_ready& message) {
    std::optional<log::block_range> gone;
    for (auto& header : message.headers) {
      if (queue.waits(header.id) || any_takes(batches, header.id))
        break;
      gone = {message.input, message.epoch, message.headers.front().id.sequence, header.id.sequence};
    }
    if (!gone)
      return;
    mark("coordinator.releases_again");
    services->directory.send({role::block_store, 0}, release_blocks{epoch, {*gone}});
  }

  void found(const offsets_found& message) {
    if (epoch.value == 0 || draining)
      return;
    if (!take_offsets(message)) // those that have changed first
      return;
    say_nothing_new(message.input);
    input_waits();
    report_waiting();
    report_phases();
  }

  bool take_offsets(const offsets_found& message) {
    auto changed = queue.offsets_changed(message.input, message.changed);
    auto found = changed ? queue.offsets_found(message.input, message.partitions) : changed;
    if (!found) {
      auto why = found.error();
      why.where = services->settings.inputs[message.input.value].text() + ", " + why.where;
      services->fail(why);
      return false;
    }
    for (auto names : {&*changed, &*found})
      for (auto& file : *names)
        changed_after_reading(message.input, file);
    return true;
  }

  /// What a file holds now was not read, and never will be. Of other sources a final partition is what it was when it was found.
  void changed_after_reading(input_id input, const std::string& file) {
    if (!directory_of(*services, input) || changed_files.size() == most_changed_files ||
        !changed_files.emplace(input, file).second)
      return;
    mark("coordinator.file_changed_after_reading");
    error why{error_code::failed, "an input file has changed since it was read, and what it holds now was not read",
              services->replayable[input.value]->describe(file),
              "move it away; put what is to be read into the directory under a new name"};
    services->journal->tell({.name = "file_changed", .message = why.message()});
    services->spoil(why);
  }

  void activity(const input_activity& message) {
    rest.activity(message.input, message.at_rest);
    if (message.at_rest)
      resting.insert(message.input);
    else
      resting.erase(message.input);
    say_nothing_new(message.input);
  }

  /// Whoever starts an application again on a directory that it has read sees why nothing comes. That the input rests may be heard before what
  /// it has found.
  void say_nothing_new(input_id input) {
    auto directory = directory_of(*services, input);
    auto files = queue.only_read_before(input);
    if (directory && files > 0 && resting.contains(input) && said_nothing_new.insert(input).second)
      services->journal->tell({.name = "nothing_new",
                               .level = log_level::notice,
                               .limited = true,
                               .actor = address{role::receiver, input.value},
                               .message = "nothing new in " + *directory + ": " + std::to_string(files) +
                                          (files == 1 ? " file was" : " files were") + " read before",
                               .more = {{"files", std::to_string(files)}}});
  }

  void input_is_drained(const input_drained& message) {
    rest.drained(message.input, message.epoch, message.through);
    finish_if_drained();
  }

  // -- the clock -------------------------------------------------------------------------------------------------------

  batch_clock::moment now() const { return {self->clock().now(), services->wall_clock_us()}; }

  void input_waits() {
    if (queue.empty())
      return;
    rest.busy();
    clock->arrived(now());
    seal_if_due();
  }

  void tick() {
    tick_comes = false;
    seal_if_due();
  }

  /// No tick comes to an application that has nothing to do.
  void schedule_tick() {
    if (std::exchange(tick_comes, true))
      return;
    self->delayed_send(self, clock->until_next(now()), batch_tick{});
  }

  bool may_seal() const {
    using enum batch_progress::state;
    auto& bounds = services->settings;
    auto waiting = unpublished_bytes_of(batches);
    return count_of(batches, open, staged) < bounds.max_batches_in_flight &&
           count_of(batches, committed, committed) < bounds.max_unpublished_batches &&
           waiting.staged < bounds.max_unpublished_bytes && waiting.input < bounds.max_unpublished_input_bytes;
  }

  /// Called whenever something has changed that sealing depends on.
  void seal_if_due() {
    auto always = always_due && !draining;
    if (epoch.value == 0 || (queue.empty() && !always))
      return;
    auto due = clock->due(now(), always) || draining; // a graceful stop waits for no interval
    if (!may_seal()) {
      if (due)
        times->held(self->clock().now());
      return;
    }
    if (due && !allow_replayed())
      return; // until the records are counted
    if (due && (queue.may_take() || always))
      seal_next();
    if (draining && !queue.empty())
      seal_if_due();
    else if (!queue.empty() || always)
      schedule_tick();
  }

  /// Large enough that a task's own table pays, small enough that every partition's executor has something to do.
  std::uint64_t split_bytes() const {
    auto bytes = std::min(queue.waiting_bytes(), services->settings.max_batch_bytes);
    return std::clamp<std::uint64_t>(bytes / services->application.partitions, limits::split_bytes,
                                     limits::max_split_bytes);
  }

  void seal_next() {
    auto share = queue.take(services->settings.max_batch_bytes, split_bytes());
    auto given = clock->seal(now(), !queue.empty());
    log::batch_record record;
    record.id = given.number;
    record.time_ms = given.time_ms;
    record.epoch = epoch;
    record.splits = std::move(share.splits);
    record.records = share.records;
    record.bytes = share.bytes;
    record.tables = services->static_tables;
    to_writer(seal_batch{epoch, given.before, record});
    watch(record, share);
    announce(batches.emplace(record.id, progress_of(record)).first->second);
    commit_in_order(); // a batch without tasks is computed as soon as it is sealed
  }

  void watch(const log::batch_record& record, const input_queue::share& share) {
    std::vector<batch_input> inputs;
    for (auto& [input, taken] : share.inputs) {
      inputs.push_back({input, taken.records, taken.bytes});
      if (auto pace = paces.find(input); pace != paces.end())
        charge(pace->second, counts[input], record.id, taken.bytes);
    }
    auto held = times->submitted(record, inputs, self->clock().now());
    services->journal->batch_submitted(
      {record.id, record.time_ms, services->wall_clock_us() - held.count(), std::move(inputs)});
    report_waiting();
  }

  // -- a batch's way -----------------------------------------------------------------------------------------------------

  void sealed(const batch_sealed& message) {
    if (auto batch = find(message.epoch, message.batch))
      batch->seal_logged();
    report_phases();
  }

  void announce(batch_progress& batch) {
    batch.announced({epoch, view});
    auto& record = batch.record();
    times->announced(record.id, self->clock().now(), services->wall_clock_us() - record.time_ms * 1000);
    fault_point("coordinator.batch_announced");
    if (!record.amendment.skipped)
      services->directory.broadcast(role::partition_executor,
                                    run_batch{batch.current(), record, services->settings.executors});
    report_phases();
  }

  /// A user function fails on it. What its next attempt leaves out is logged before that begins.
  void poisoned(const task_poisoned& message) {
    auto batch = find(message.attempt.epoch, message.batch);
    if (!batch || batch->where() != batch_progress::state::open || batch->current() != message.attempt ||
        !batch->amend(message.skip, message.excluded)) {
      mark("coordinator.drops_stale_poison");
      return;
    }
    services->journal->warning(message.problem);
    to_writer(amend_batch{epoch, batch->record()});
  }

  void amended(const batch_amended& message) {
    auto batch = find(message.epoch, message.batch);
    if (!batch || !batch->amendment_logged(message.amendment))
      return;
    services->journal->batch_amended(batch->record());
    run_all_again();
    commit_in_order();
  }

  /// Whether the task was the one that reads the records of its split.
  bool reads_split(const task_finished& message, const log::batch_record& record) const {
    auto& stage = services->plan->stages()[message.stage.value];
    return stage.reads_text && reads(*services, stage, record.splits[message.task.value]);
  }

  void task_ended(const task_finished& message) {
    auto batch = find(message.attempt.epoch, message.batch);
    if (batch && message.attempt == batch->current() && reads_split(message, batch->record()))
      times->task_read(message.batch, message.task, message.records);
    if (batch && batch->task_finished(message.attempt, message.stage, message.task, message.parts, message.records)) {
      times->computed(message.batch, self->clock().now());
      commit_in_order();
    }
  }

  /// Batches commit in the order of their numbers, so that what is committed is always a prefix of what was sealed.
  void commit_in_order() {
    for (auto& [number, batch] : batches) {
      if (batch.where() > batch_progress::state::open)
        continue;
      if (!batch.all_tasks_ended())
        break;
      fault_point("coordinator.all_staged");
      to_writer(commit_batch{epoch, batch.stage(epoch)});
    }
    report_phases();
  }

  void committed(const batch_committed& message) {
    auto batch = find(message.epoch, message.batch);
    if (!batch || !batch->commit_logged(outputs_of(batch->commit())))
      return;
    fault_point("coordinator.commit_known");
    queue.committed(batch->record());
    release_inputs(*batch);
    services->directory.broadcast(role::partition_executor, forget_batch{epoch, message.batch});
    summarise(*batch);
    publish_next();
    if (batch->where() == batch_progress::state::published)
      done(*batch);
    seal_if_due();
    report_phases();
  }

  void release_inputs(const batch_progress& batch) {
    release_blocks message{epoch, {}};
    for (auto& split : batch.record().splits)
      message.ranges.insert(message.ranges.end(), split.blocks.begin(), split.blocks.end());
    if (!message.ranges.empty())
      services->directory.send({role::block_store, 0}, std::move(message));
  }

  void summarise(const batch_progress& batch) {
    auto ended = times->committed(batch, self->clock().now());
    if (!ended)
      return;
    auto outputs = batch.unpublished();
    ended->summary.outputs.assign(outputs.begin(), outputs.end());
    services->journal->batch_committed(ended->summary);
    if (!batch.record().amendment.skipped)
      correct_paces(ended->summary);
    for (auto& changed : ended->rates)
      if (is_replayable(*services, changed.of.input))
        paces.at(changed.of.input).set_rate(changed.rate, self->clock().now());
      else
        send_rate(changed.of.input);
  }

  // -- rates -------------------------------------------------------------------------------------------------------------

  void begin_paces() {
    auto rate = rate_controller::first_rate(rates_of(services->settings));
    for (std::uint32_t i = 0; i < services->settings.inputs.size(); ++i)
      if (is_replayable(*services, input_id{i}))
        paces.emplace(input_id{i}, services->settings.batch_interval).first->second.set_rate(rate, self->clock().now());
  }

  /// False: the next records of an input are being counted.
  bool allow_replayed() {
    auto all_counted = true;
    for (auto& [input, pace] : paces)
      if (services->settings.backpressure_max_rate > 0 && pace.rate() > 0 && !draining)
        all_counted = allow_counted(input, pace) && all_counted;
      else
        queue.pace(input, pace.allowed_bytes(self->clock().now()));
    return all_counted;
  }

  /// A greatest rate is a promise, which an estimate by bytes would break whenever records become shorter.
  bool allow_counted(input_id input, replay_pace& pace) {
    auto& count = counts[input];
    if (count.open_question())
      return false;
    if (auto& answer = count.answered()) {
      if (queue.allow(input, answer->ranges))
        return true;
      if (answer->ranges.empty()) { // they cannot be read: the task says why
        queue.pace(input, pace.allowed_bytes(self->clock().now()));
        return true;
      }
      count.forget_answer();
    }
    queue.pace(input, 0);
    auto records = pace.allowed_records(self->clock().now());
    return records == 0 || !ask_count(input, pace.bytes_to_count(records), records);
  }

  /// False: there is nothing to ask about, or nothing more than was counted already.
  bool ask_count(input_id input, std::uint64_t bytes, std::uint64_t records) {
    bytes = std::min(bytes, replay_pace::most_counted_bytes);
    auto& count = counts[input];
    auto next = queue.next_offsets(input, bytes, max_counted_ranges);
    if (next.empty() || (count.answered() && count.answered()->ranges == next))
      return false;
    send_question(input, count.ask(std::move(next), bytes, records));
    return true;
  }

  void send_question(input_id input, const count_ahead::question& asked) {
    services->directory.send({role::receiver, input.value},
                             count_offsets{epoch, asked.number, asked.ranges, asked.most_records});
  }

  void send_open_questions() {
    for (auto& [input, count] : counts)
      if (auto& asked = count.open_question())
        send_question(input, *asked);
  }

  void counted(const offsets_counted& message) {
    auto count = counts.find(message.input);
    if (message.coordinator != epoch || count == counts.end())
      return;
    auto is_news = message.failed
                     ? count->second.give_up(message.question)
                     : count->second.answer(message.question, message.whole_ranges, message.cut_to, message.records);
    if (!is_news)
      return;
    auto& wider = count->second.answered()->wider;
    if (wider.bytes == 0 || !ask_count(message.input, wider.bytes, wider.most_records))
      seal_if_due();
  }

  static void charge(replay_pace& pace, count_ahead& count, batch_id batch, std::uint64_t bytes) {
    if (auto& answer = count.answered(); answer && !answer->ranges.empty())
      pace.sealed_counted(batch, answer->records, bytes);
    else
      pace.sealed(batch, bytes);
    count.forget_answer();
  }

  /// What a batch has really taken of what was read again.
  void correct_paces(const batch_summary& batch) {
    for (auto& taken : batch.inputs)
      if (auto pace = paces.find(taken.input); pace != paces.end())
        pace->second.computed(batch.batch, taken.records, taken.bytes);
  }

  void send_rate(input_id input) {
    if (auto rate = times->rate(input))
      if (!is_replayable(*services, input))
        services->directory.send({role::receiver, input.value}, limit_rate{epoch, *rate});
  }

  /// What waits is told of inputs that have something, and once more when they have nothing.
  void report_waiting() {
    for (std::uint32_t i = 0; i < services->settings.inputs.size(); ++i) {
      auto waiting = queue.waiting(input_id{i});
      auto waits = waiting.bytes > 0 || waiting.records > 0;
      if (waits)
        said_to_wait.insert(input_id{i});
      else if (said_to_wait.erase(input_id{i}) == 0)
        continue;
      services->journal->input_waits(input_id{i}, waiting.records, waiting.bytes);
    }
  }

  /// In batch order; a sink publishes in the order in which it is asked.
  void publish_next() {
    std::map<output_index, batch_id> oldest;
    for (auto& [number, batch] : batches) {
      // Its commit may be in the log all the same, and only the answer lost: younger ones wait until it comes again.
      if (batch.where() < batch_progress::state::committed)
        return;
      for (auto output : batch.unpublished()) {
        auto first = oldest.emplace(output, number).first->second;
        if (auto& asked = publishing[output]; asked < number) {
          asked = number;
          services->directory.send({role::sink, output.value}, publish_batch{epoch, batch.commit(), first});
        }
      }
    }
  }

  void published(const batch_published& message) {
    auto batch = find(message.epoch, message.batch);
    if (!batch || !batch->unpublished().count(message.output))
      mark("coordinator.hears_late_publication");
    if (!batch)
      return;
    if (batch->output_published(message.output)) {
      done(*batch);
      seal_if_due();
    }
    report_phases();
  }

  void done(const batch_progress& batch) {
    services->journal->batch_done(batch.record().id, batch.record().time_ms);
    finish(batch.record().id);
  }

  void finish(batch_id batch) { to_writer(finish_batch{epoch, batch}); }

  void ended(const batch_finished& message) {
    if (message.epoch == epoch)
      batches.erase(message.batch);
    finish_if_drained();
  }

  // -- restarts ----------------------------------------------------------------------------------------------------------

  void repeat(const address& who) {
    if (who.what == role::batch_coordinator)
      return;
    if (epoch.value == 0) {
      claim();
      return;
    }
    switch (who.what) {
      case role::checkpoint_writer: ask_writer_again(); break;
      case role::block_store: services->directory.send(who, report_blocks{epoch}); break;
      case role::receiver:
        services->directory.send(who, report_input{epoch});
        send_rate(input_id{who.index});
        send_open_questions();
        if (draining)
          services->directory.send(who, drain_input{epoch});
        break;
      case role::partition_executor: run_all_again(); break;
      case role::sink:
        publishing.erase(output_index{who.index});
        publish_next();
        break;
      default: break;
    }
  }

  void retry() {
    if (epoch.value == 0) {
      claim();
    } else {
      ask_writer_again();
      send_open_questions();
      publishing.clear();
      publish_next();
    }
    schedule_retry();
  }

  void schedule_retry() { self->delayed_send(self, services->settings.retry_interval, retry_tick{}); }

  void ask_writer_again() {
    for (auto& [input, who] : opening)
      to_writer(open_epoch{epoch, input, who});
    batch_id after{0};
    for (auto& [number, batch] : batches) {
      if (batch.where() <= batch_progress::state::staged && !batch.is_sealed())
        to_writer(seal_batch{epoch, after, batch.record()});
      if (batch.is_amending())
        to_writer(amend_batch{epoch, batch.record()});
      if (batch.where() == batch_progress::state::staged)
        to_writer(commit_batch{epoch, batch.commit()});
      if (batch.where() == batch_progress::state::published)
        to_writer(finish_batch{epoch, number});
      after = number;
    }
  }

  /// An executor has lost what it had: a new view, and every batch that is not yet on its way to the commit runs again.
  void run_all_again() {
    view = view.next();
    for (auto& [number, batch] : batches)
      if (batch.where() == batch_progress::state::open) {
        if (batch.current() != attempt{})
          mark("coordinator.announces_again");
        announce(batch);
      }
  }

  // -- the end -----------------------------------------------------------------------------------------------------------

  void begin_drain() {
    if (draining)
      return;
    draining = true;
    queue.drop_offsets();
    seal_if_due();
    if (epoch.value != 0)
      services->directory.broadcast(role::receiver, drain_input{epoch});
    finish_if_drained();
  }

  void finish_if_drained() {
    if (!draining || finished || epoch.value == 0 || !queue.empty() || !batches.empty())
      return;
    if (!rest.all_drained(services->settings.inputs.size(), queue))
      return;
    finished = true;
    services->finished();
  }

  void schedule_idle_check() {
    auto pause = std::clamp<microseconds>(services->settings.stop_when_idle / 8, std::chrono::milliseconds{1},
                                          std::chrono::milliseconds{100});
    self->delayed_send(self, pause, idle_check{});
  }

  void finish_if_idle() {
    schedule_idle_check();
    if (draining || epoch.value == 0)
      return;
    auto& settings = services->settings;
    if (rest.idle_for(settings.stop_when_idle, settings.inputs.size(), queue.empty() && !any_has_input(batches),
                      self->clock().now()))
      services->idle();
  }

  // -- small things ------------------------------------------------------------------------------------------------------

  batch_progress progress_of(const log::batch_record& record) const {
    return {record, plan::count_tasks(*services->plan, record.splits.size(), services->application.partitions)};
  }

  /// Those that have something to show of a batch: text outputs show nothing of one without records for them.
  std::set<output_index> outputs_of(const log::commit_record& commit) const {
    auto has_records = [&](auto& output) {
      return std::any_of(commit.parts.begin(), commit.parts.end(),
                         [&](auto& part) { return part.output == output.name; });
    };
    auto is_text = [](auto& target) { return target.what == plan::output_target::kind::text; };
    std::set<output_index> found;
    for (auto& output : services->plan->outputs())
      if (has_records(output) || !std::all_of(output.targets.begin(), output.targets.end(), is_text))
        found.insert(output.index);
    return found;
  }

  batch_progress* find(weir::epoch of, batch_id batch) {
    auto entry = batches.find(batch);
    return of == epoch && entry != batches.end() ? &entry->second : nullptr;
  }

  template <class Message>
  void to_writer(Message message) {
    services->directory.send({role::checkpoint_writer, 0}, std::move(message));
  }

  void report_phases() const {
    using enum batch_progress::state;
    auto sealed = std::count_if(batches.begin(), batches.end(),
                                [](auto& entry) { return entry.second.where() == open && entry.second.is_sealed(); });
    auto unsealed = static_cast<std::int32_t>(count_of(batches, open, open)) - static_cast<std::int32_t>(sealed);
    report_phase(phase::receiving, queue.waiting_inputs() + unsealed);
    report_phase(phase::sealed, static_cast<std::int32_t>(sealed));
    report_phase(phase::staged, static_cast<std::int32_t>(count_of(batches, staged, staged)));
    report_phase(phase::committed, static_cast<std::int32_t>(count_of(batches, committed, committed)));
  }
};

batch_coordinator_actor::behavior_type coordinator_behavior(
  batch_coordinator_actor::stateful_pointer<coordinator_state> self, services_ptr services) {
  keep_conduct(self, services, to_string(address{role::batch_coordinator, 0}));
  auto& state = self->state;
  state.start(std::move(services));
  return {
    [&state](const coordination_claimed& message) { state.claimed(message); },
    [&state](const coordination_lost& message) { state.lost(message); },
    [&state](const epoch_opened& message) { state.opened(message); },
    [&state](const batch_sealed& message) { state.sealed(message); },
    [&state](const batch_committed& message) { state.committed(message); },
    [&state](const batch_finished& message) { state.ended(message); },
    [&state](const open_input& message) { state.open(message); },
    [&state](const blocks_ready& message) { state.ready(message); },
    [&state](const offsets_found& message) { state.found(message); },
    [&state](const offsets_counted& message) { state.counted(message); },
    [&state](const input_activity& message) { state.activity(message); },
    [&state](const input_drained& message) { state.input_is_drained(message); },
    [&state](const batch_amended& message) { state.amended(message); },
    [&state](const task_finished& message) { state.task_ended(message); },
    [&state](const task_poisoned& message) { state.poisoned(message); },
    [&state](const batch_published& message) { state.published(message); },
    [&state](const drain&) { state.begin_drain(); },
    [&state](const seal_impossible& message) { state.lost_blocks(message); },
    [&state](const batch_tick&) { state.tick(); },
    [&state](const idle_check&) { state.finish_if_idle(); },
    [&state](const retry_tick&) { state.retry(); },
    [&state](const peer_restarted& message) { state.repeat(message.who); },
  };
}

} // namespace

batch_coordinator_actor spawn_batch_coordinator(caf::actor_system& system, services_ptr services) {
  return system.spawn<caf::lazy_init>(coordinator_behavior, std::move(services));
}

} // namespace weir::actors
