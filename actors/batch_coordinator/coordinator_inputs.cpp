#include "actors/batch_coordinator/coordinator_inputs.hpp"

#include <algorithm>

#include "libstream/base/marks.hpp"

namespace weir::actors {

namespace {

/// So many files that have changed after they were read are named.
constexpr std::size_t most_changed_files = 10'000;

} // namespace

coordinator_inputs::coordinator_inputs(const coordinator_facts& facts, coordinator_reports& reports,
                                       coordinator_actions& actions)
  : facts_{facts}, reports_{reports}, actions_{actions}, draining_{facts.draining} {
  for (std::uint32_t i = 0; i < facts_.inputs.size(); ++i)
    if (facts_.inputs[i].given_up) { // nobody reads it
      rest_.activity(input_id{i}, true);
      rest_.drained(input_id{i}, {}, {});
    }
}

void coordinator_inputs::begin(weir::epoch epoch, const recovered_batches& log) {
  epoch_ = epoch;
  for (auto& line : log.sealed) {
    queue_.sealed_before(line.input, line.epoch, line.through);
    newest_[line.input] = std::max(newest_[line.input], line.epoch);
  }
  for (auto& partition : log.begun)
    queue_.begun_before(partition.input, partition.name, partition.position);
  ask_for_blocks();
  for (std::uint32_t i = 0; i < facts_.inputs.size(); ++i)
    if (!facts_.inputs[i].given_up)
      ask_for_report(input_id{i});
  if (draining_)
    drain();
}

// -- who is there --------------------------------------------------------------------------------------------------------

/// A receiver that is not the one to whom this is addressed says who it is, and is asked then.
void coordinator_inputs::ask_for_report(input_id input) {
  auto& line = reports_of_[input];
  tell_receiver(input, report_input{epoch_, line.incarnation, line.report, newest_[input]});
}

/// What is said to no report, or to an older one, is not heard: the receiver is asked again.
bool coordinator_inputs::is_late(const input_activity& message) {
  auto& line = reports_of_[message.input];
  if (message.incarnation != line.incarnation)
    line = {message.incarnation, line.report + 1, 0, 0};
  if (std::pair{message.coordinator, message.report} != std::pair{epoch_, line.report}) {
    ask_for_report(message.input);
    return true;
  }
  if (message.number <= line.activities)
    return true;
  line.activities = message.number;
  return false;
}

/// Otherwise something that it had said before is still under way.
bool coordinator_inputs::has_heard_all_of(const input_activity& message) {
  return message.offsets <= reports_of_[message.input].taken &&
         queue_.knows_through(message.input, message.epoch, message.through);
}

// -- epochs --------------------------------------------------------------------------------------------------------------

/// Before there is an epoch nothing is known of inputs; receivers are asked then.
void coordinator_inputs::on(const open_input& message) {
  if (epoch_.value == 0)
    return;
  if (message.after != newest_[message.input]) {
    mark("coordinator.names_newest_epoch");
    ask_for_report(message.input);
    return;
  }
  opening_[message.input] = message.incarnation;
  ask_for_epoch(message.input, message.incarnation);
}

void coordinator_inputs::ask_for_epoch(input_id input, std::uint64_t incarnation) {
  actions_.push_back(send_to{facts_.owners.writer_of(input), open_epoch{epoch_, input, incarnation, newest_[input]}});
}

void coordinator_inputs::open_again() {
  for (auto& [input, incarnation] : opening_)
    ask_for_epoch(input, incarnation);
}

void coordinator_inputs::on(const epoch_opened& message) {
  auto& newest = newest_[message.input];
  if (epoch_.value == 0 || message.epoch < newest)
    return;
  newest = message.epoch;
  auto asked = opening_.find(message.input);
  if (asked == opening_.end())
    return;
  if (asked->second != message.incarnation) { // a lost predecessor had it opened, and its answer was lost as well
    ask_for_epoch(message.input, asked->second);
    return;
  }
  opening_.erase(asked);
  asked_at_the_end_ = false;
  rest_.opened(message.input, message.epoch);
  tell_receiver(message.input, input_opened{message.input, message.epoch, message.incarnation});
  if (draining_)
    tell_receiver(message.input, drain_input{epoch_});
}

void coordinator_inputs::receiver_restarted(input_id input) {
  ask_for_report(input);
  if (draining_)
    tell_receiver(input, drain_input{epoch_});
}

// -- what waits ----------------------------------------------------------------------------------------------------------

bool coordinator_inputs::on(const blocks_ready& message) {
  if (queue_.blocks_ready(message.input, message.epoch, message.headers, message.durable))
    return true;
  mark("coordinator.asks_for_missing_blocks");
  actions_.push_back(send_to{
    facts_.owners.block_store_of(message.input),
    report_blocks_behind{epoch_, message.input, message.epoch, queue_.known_through(message.input, message.epoch)}});
  return false;
}

/// Nothing waits for them any more.
void coordinator_inputs::on(const blocks_void& message) {
  if (queue_.void_behind(message.input, message.epoch, message.through))
    mark("coordinator.drops_void_blocks");
}

void coordinator_inputs::ask_for_blocks() {
  ++question_;
  kept_.clear();
  for (auto& member : facts_.owners.members)
    unanswered_.insert(member.node);
  ask_for_blocks_again();
}

void coordinator_inputs::ask_for_blocks_again() {
  for (auto node : unanswered_)
    actions_.push_back(send_to{{role::block_store, 0, node}, report_blocks{epoch_, question_}});
}

void coordinator_inputs::on(const blocks_reported& message) {
  if (message.coordinator != epoch_ || message.question != question_ || !unanswered_.contains(message.node))
    return;
  if (auto whole = answers_.take(message)) {
    unanswered_.erase(message.node);
    kept_.insert(kept_.end(), whole->lines.begin(), whole->lines.end());
  }
}

/// The reports themselves may come later than the word that they were all.
bool coordinator_inputs::blocks_are_known() const {
  return unanswered_.empty() && std::all_of(kept_.begin(), kept_.end(), [this](auto& line) {
           return queue_.knows_through(line.input, line.epoch, line.through);
         });
}

bool coordinator_inputs::on(const offsets_found& message) {
  auto& line = reports_of_[message.input];
  if (draining_ || message.coordinator != epoch_ || message.incarnation != line.incarnation ||
      message.report != line.report)
    return false;
  auto is_next = message.number == line.taken + 1;
  line.taken += is_next ? 1 : 0;
  tell_receiver(message.input, offsets_taken{epoch_, line.incarnation, line.report, line.taken});
  if (!is_next) {
    mark("coordinator.drops_repeated_offsets");
    return false;
  }
  offsets_.add(message);
  auto taken = take_offsets();
  report_nothing_new();
  return taken;
}

bool coordinator_inputs::positions_read(input_queue::logged_positions positions) {
  offsets_.read(std::move(positions));
  auto taken = take_offsets();
  report_nothing_new();
  return taken;
}

bool coordinator_inputs::take_offsets() {
  auto taken = false;
  while (auto news = offsets_.next(queue_)) {
    if (!take(*news)) {
      offsets_.drop();
      return false;
    }
    taken = true;
    offsets_.taken();
  }
  if (auto unknown = offsets_.ask(queue_); !unknown.empty())
    actions_.push_back(read_positions{std::move(unknown)});
  return taken;
}

/// Those that have changed first.
bool coordinator_inputs::take(const offsets_found& news) {
  auto changed = queue_.offsets_changed(news.input, news.changed, offsets_.positions());
  auto other = queue_.offsets_found(news.input, news.partitions, offsets_.positions());
  if (!other) {
    auto why = other.error();
    why.where = facts_.inputs[news.input.value].name + ", " + why.where;
    actions_.push_back(fail_application{why});
    return false;
  }
  for (auto names : {&changed, &*other})
    for (auto& file : *names)
      changed_after_reading(news.input, file);
  return true;
}

/// What a file holds now was not read, and never will be. Of other sources a final partition is what it was when it was found.
void coordinator_inputs::changed_after_reading(input_id input, const std::string& file) {
  if (facts_.inputs[input.value].directory.empty() || changed_files_.size() == most_changed_files ||
      !changed_files_.emplace(input, file).second)
    return;
  mark("coordinator.file_changed_after_reading");
  error why{error_code::failed, "an input file has changed since it was read, and what it holds now was not read",
            facts_.describe(input, file), "move it away; put what is to be read into the directory under a new name"};
  reports_.changed_after_reading(why);
  actions_.push_back(spoil_application{why});
}

// -- the end -------------------------------------------------------------------------------------------------------------

/// The late request of a lost predecessor can end the epoch of a receiver that lives. The log would tell it so, but only once it has records.
void coordinator_inputs::on(const input_activity& message) {
  if (epoch_.value == 0 || is_late(message))
    return;
  if (message.epoch.value > 0 && message.epoch < newest_[message.input]) {
    mark("coordinator.refuses_ended_epoch");
    tell_receiver(message.input, epoch_refused{message.input, message.epoch});
    return;
  }
  auto rests = message.at_rest && has_heard_all_of(message);
  rest_.activity(message.input, rests);
  if (rests)
    resting_.insert(message.input);
  else
    resting_.erase(message.input);
  report_nothing_new();
}

/// Whoever starts an application again on a directory that it has read sees why nothing comes. That the input rests may be heard before what it
/// has found; and nothing is said before the log has said of all that was found whether it was read.
void coordinator_inputs::report_nothing_new() {
  if (!offsets_.empty() || draining_)
    return;
  for (auto input : resting_) {
    auto files = queue_.only_read_before(input);
    auto& directory = facts_.inputs[input.value].directory;
    if (files > 0 && !directory.empty() && said_nothing_new_.insert(input).second)
      reports_.nothing_new(input, directory, files);
  }
}

void coordinator_inputs::on(const input_drained& message) {
  rest_.drained(message.input, message.epoch, message.through);
}

void coordinator_inputs::drain() {
  draining_ = true;
  queue_.drop_offsets();
  offsets_.drop();
  if (epoch_.value != 0)
    actions_.push_back(send_to_all{role::receiver, drain_input{epoch_}});
}

void coordinator_inputs::drain_again() {
  if (!draining_)
    return;
  for (std::uint32_t i = 0; i < facts_.inputs.size(); ++i)
    if (!rest_.has_drained(input_id{i}))
      tell_receiver(input_id{i}, drain_input{epoch_});
}

bool coordinator_inputs::all_drained() {
  if (!queue_.empty() || !rest_.all_drained(facts_.inputs.size(), queue_))
    return false;
  if (!std::exchange(asked_at_the_end_, true))
    ask_for_blocks();
  return blocks_are_known();
}

bool coordinator_inputs::are_idle(bool nothing_open, time_point now) {
  return rest_.idle_for(facts_.stop_when_idle, facts_.inputs.size(), nothing_open && queue_.empty() && offsets_.empty(),
                        now);
}

} // namespace weir::actors
