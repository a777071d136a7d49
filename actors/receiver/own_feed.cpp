// On a record's way, step 2 of 11, for inputs that the process fetches or makes itself: records go into a block. From a feed in sources,
// to receiver_core.
#include "actors/receiver/own_feed.hpp"

#include <utility>
#include <variant>

namespace weir::actors {

own_feed::own_feed(block_generator& blocks, receiver_actions& actions, input_id input, std::string name,
                   std::unique_ptr<feed> source, std::shared_ptr<journal> journal)
  : blocks_{blocks},
    actions_{actions},
    input_{input},
    name_{std::move(name)},
    source_{std::move(source)},
    journal_{std::move(journal)} {}

void own_feed::opened() {
  if (auto producer = source_->producer(); producer.empty())
    begin(0);
  else
    look_up(producer);
}

/// A feed that was stopped begins nothing any more.
void own_feed::begin(std::uint64_t last_durable) {
  if (!std::exchange(begun_, true))
    source_->begin(last_durable);
}

/// Both are always asked: the feed counts from when it was asked last.
bool own_feed::at_rest() {
  auto rests = source_->at_rest();
  return rests && begun_;
}

// -- what the feed says ----------------------------------------------------------------------------------------------------

void own_feed::hear(const feed_gave& message) {
  if (message.records.producer.empty())
    blocks_.add(message.records);
  else
    numbered_.arrived(message.records);
  act();
}

void own_feed::hear(const feed_ended&) {
  ended_ = true;
  blocks_.cut();
}

void own_feed::hear(const source_stopped& message) {
  journal_->receiver_stopped(input_, message.why);
  journal_->tell({.name = "input_stopped",
                  .level = log_level::notice,
                  .actor = address{role::receiver, input_.value},
                  .message = name_ + " has stopped itself: " + message.why});
}

void own_feed::hear(const feed_warned& message) {
  if (!message.failed) {
    journal_->tell({.name = "reconnected",
                    .level = log_level::notice,
                    .limited = true,
                    .actor = address{role::receiver, input_.value},
                    .message = message.sentence});
    return;
  }
  journal_->warning(message.sentence);
  journal_->receiver_failed(input_, message.sentence);
}

// -- what the log says -----------------------------------------------------------------------------------------------------

void own_feed::found(const producer_found& answer) {
  if (answer.question != 0) {
    numbered_.found(answer.producer, answer.last, answer.question);
  } else if (answer.producer == source_->producer() && !begun_) {
    numbered_.begin(answer.producer, answer.last);
    begin(answer.last);
  }
  act();
}

void own_feed::reached(const std::string& producer, std::uint64_t last) {
  numbered_.durable(producer, last);
  act();
}

void own_feed::ask_again() {
  if (auto producer = source_->producer(); !begun_ && !producer.empty())
    look_up(producer);
  for (auto& open : numbered_.unanswered())
    perform(open);
}

/// The question about the producer of all its records is 0: it is asked once.
void own_feed::look_up(const std::string& producer, std::uint64_t question) {
  actions_.to_writer(find_producer{input_, blocks_.current_epoch(), producer, question});
}

// -- doing what was decided ------------------------------------------------------------------------------------------------

void own_feed::act() {
  for (auto& action : numbered_.take_actions())
    std::visit([this](auto& what) { perform(what); }, action);
}

void own_feed::perform(const numbered_records::refuse& what) {
  settle(what.ticket, fail(error_code::usage, what.reason, name_, "hand over records in the order of their numbers"));
}

/// Tickets of nobody are 0.
void own_feed::settle(std::uint64_t ticket, const result<void>& how) {
  if (ticket != 0)
    source_->stored(ticket, how);
}

} // namespace weir::actors
