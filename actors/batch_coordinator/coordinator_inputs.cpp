#include "actors/batch_coordinator/coordinator_inputs.hpp"

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
  for (auto& line : log.sealed)
    queue_.sealed_before(line.input, line.epoch, line.through);
  for (auto& partition : log.begun)
    queue_.begun_before(partition.input, partition.name, partition.position);
  actions_.push_back(send_to{{role::block_store, 0}, report_blocks{epoch_}});
  actions_.push_back(send_to_all{role::receiver, report_input{epoch_}});
  open_again();
  if (draining_)
    drain();
}

// -- epochs --------------------------------------------------------------------------------------------------------------

void coordinator_inputs::on(const open_input& message) {
  opening_[message.input] = message.incarnation;
  if (epoch_.value != 0)
    actions_.push_back(send_to{{role::checkpoint_writer, 0}, open_epoch{epoch_, message.input, message.incarnation}});
}

void coordinator_inputs::open_again() {
  for (auto& [input, incarnation] : opening_)
    actions_.push_back(send_to{{role::checkpoint_writer, 0}, open_epoch{epoch_, input, incarnation}});
}

void coordinator_inputs::on(const epoch_opened& message) {
  auto asked = opening_.find(message.input);
  if (asked == opening_.end() || asked->second != message.incarnation)
    return;
  opening_.erase(asked);
  rest_.opened(message.input, message.epoch);
  tell_receiver(message.input, input_opened{message.input, message.epoch, message.incarnation});
  if (draining_)
    tell_receiver(message.input, drain_input{epoch_});
}

void coordinator_inputs::receiver_restarted(input_id input) {
  tell_receiver(input, report_input{epoch_});
  if (draining_)
    tell_receiver(input, drain_input{epoch_});
}

// -- what waits ----------------------------------------------------------------------------------------------------------

bool coordinator_inputs::on(const blocks_ready& message) {
  if (queue_.blocks_ready(message.input, message.epoch, message.headers))
    return true;
  mark("coordinator.asks_for_missing_blocks");
  actions_.push_back(send_to{{role::block_store, 0}, report_blocks{epoch_}});
  return false;
}

bool coordinator_inputs::on(const offsets_found& message) {
  if (draining_)
    return false;
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

void coordinator_inputs::on(const input_activity& message) {
  rest_.activity(message.input, message.at_rest);
  if (message.at_rest)
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

bool coordinator_inputs::are_idle(bool nothing_open, time_point now) {
  return rest_.idle_for(facts_.stop_when_idle, facts_.inputs.size(), nothing_open && queue_.empty() && offsets_.empty(),
                        now);
}

} // namespace weir::actors
