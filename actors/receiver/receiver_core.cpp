#include "actors/receiver/receiver_core.hpp"

#include <variant>

#include "actors/node/message_bounds.hpp"
#include "libstream/base/marks.hpp"

namespace weir::actors {

namespace {

constexpr std::chrono::milliseconds tick_interval{100};

} // namespace

void receiver_core::begin() {
  begun_ = true;
  ask_to_open();
  set_timer(timer::tick, tick_interval);
  set_timer(timer::retry, facts_.retry_interval);
}

void receiver_core::end() {
  if (feed_ && blocks_.is_open())
    say_figures();
}

// -- what the coordinator says ---------------------------------------------------------------------------------------------

void receiver_core::on(const input_opened& message) {
  if (message.incarnation != facts_.incarnation || blocks_.is_open())
    return;
  blocks_.opened(message.epoch);
  feed_->opened();
  journal_->receiver_started(facts_.input, feed_->place()); // who waits for that finds the feed told to begin
  journal_->receiver_counted(facts_.input, said_figures_ = figures()); // zeros, too: an earlier one may have counted
  if (feed_->is_port())
    journal_->input_bound(facts_.name);
  settle();
}

void receiver_core::on(const drain_input& message) {
  if (!line_.hear(message))
    return;
  if (!std::exchange(draining_, true)) {
    feed_->stop();
    journal_->receiver_stopped(facts_.input, drained_reason);
  }
  settle();
}

void receiver_core::on(const report_input& message) {
  if (line_.hear(message) != coordinator_line::hears::nothing)
    report();
}

void receiver_core::report() {
  ask_to_open();
  say_activity();
  say_drained();
}

void receiver_core::on(const limit_rate& message) {
  if (!rate_.heard(message))
    return;
  feed_->limit(rate_.records_per_s(), now_.steady);
  settle();
}

// -- what the log says -----------------------------------------------------------------------------------------------------

void receiver_core::on(const blocks_durable& message) {
  if (!is_current(message.epoch))
    return;
  blocks_.durable(message.through);
  settle();
}

/// A committed batch rests on what is released, so it is durable: the word of that may have died with a block store or a writer.
void receiver_core::on(const blocks_released& message) {
  if (!is_current(message.epoch))
    return;
  if (blocks_.last_durable() < message.through)
    mark("receiver.hears_release_first");
  blocks_.durable(message.through);
  blocks_.released(message.through);
  settle();
}

void receiver_core::on(const epoch_refused& message) {
  if (is_current(message.epoch))
    actions_.add(receiver_actions::quit{}); // the supervisor starts a successor, which opens a newer epoch
}

void receiver_core::on(const producer_found& message) {
  if (!is_current(message.epoch))
    return;
  feed_->found(message);
  settle();
}

// -- time, lost peers ------------------------------------------------------------------------------------------------------

void receiver_core::on(const cut_block& message) {
  blocks_.cut_due(message.sequence);
  settle();
}

void receiver_core::on(const input_tick&) {
  ask_to_open();
  say_activity();
  say_figures();
  set_timer(timer::tick, tick_interval);
}

void receiver_core::on(const retry_tick&) {
  ask_writer_again();
  store_again();
  set_timer(timer::retry, facts_.retry_interval);
}

void receiver_core::on(const peer_restarted& message) {
  if (message.who.what == role::batch_coordinator)
    report();
  else if (message.who.what == role::checkpoint_writer)
    ask_writer_again();
  else if (message.who.what == role::block_store)
    store_again();
}

// -- doing what was decided ------------------------------------------------------------------------------------------------

/// What the blocks decide may give the feed something to decide, and the other way round.
void receiver_core::settle() {
  headers cut;
  for (auto decided = blocks_.take_actions(); !decided.empty(); decided = blocks_.take_actions())
    for (auto& each : decided)
      std::visit([this, &cut](auto& what) { perform(what, cut); }, each);
  if (!cut.empty()) {
    actions_.pass_fault_point("receiver.block_cut");
    store(std::move(cut));
  }
  say_drained();
}

void receiver_core::perform(block_generator::store& what, headers& cut) {
  actions_.add(receiver_actions::shelve{what.header.id, std::move(what.bytes)});
  cut.push_back(std::move(what.header));
}

/// At the next multiple of the block interval, of which the batch interval is one: so a batch's last block is cut when the batch is.
void receiver_core::perform(const block_generator::schedule_cut& what, headers&) {
  auto past = std::chrono::microseconds{now_.wall_us % facts_.block_interval.count()};
  set_timer(timer::cut, what.soon ? std::chrono::microseconds{0} : facts_.block_interval - past, what.sequence);
}

/// Until it has an epoch.
void receiver_core::ask_to_open() {
  if (begun_ && !blocks_.is_open())
    actions_.to_coordinator(line_.opening());
}

void receiver_core::store(headers cut) {
  store_blocks message{facts_.input, blocks_.current_epoch(), blocks_.last_durable(), {}};
  if (cut.empty()) // the answer says what has been released meanwhile
    actions_.to_block_store(message);
  for (auto& part : in_parts(std::move(cut))) {
    message.headers = std::move(part);
    actions_.to_block_store(message);
  }
}

/// Also with nothing to store: the answer says what has been released meanwhile.
void receiver_core::store_again() {
  if (!blocks_.is_open())
    return;
  auto undurable = blocks_.undurable();
  if (!undurable.empty())
    mark("receiver.stores_again");
  store(std::move(undurable));
}

void receiver_core::ask_writer_again() {
  if (blocks_.is_open())
    feed_->ask_again();
}

void receiver_core::say_activity() {
  auto rests = feed_->at_rest(); // always asked
  actions_.to_coordinator(line_.activity(rests && all_durable(), blocks_.current_epoch(), blocks_.last_cut()));
}

receiver_figures receiver_core::figures() const {
  return {blocks_.durable_records(), blocks_.durable_bytes(), feed_->connections(), rate_.records_per_s()};
}

void receiver_core::say_figures() {
  if (auto now = figures(); now != said_figures_)
    journal_->receiver_counted(facts_.input, said_figures_ = now);
}

/// The figures go first: the application may end on the word that it has drained.
void receiver_core::say_drained() {
  if (!draining_ || !feed_->has_ended() || !all_durable())
    return;
  say_figures();
  actions_.to_coordinator(input_drained{facts_.input, blocks_.current_epoch(), blocks_.last_cut()});
}

} // namespace weir::actors
