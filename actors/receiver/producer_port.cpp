// On a record's way, step 2 of 11: bytes from a producer's connection go into a block. From sources/asio_ingest_server, to receiver_core.
#include "actors/receiver/producer_port.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "actors/node/message_bounds.hpp"
#include "libstream/base/marks.hpp"

namespace weir::actors {

namespace {

/// Between two looks at the rate: so that fast producers do not make a timer of each record, and a rate that rises is noticed.
constexpr token_bucket::duration shortest_pause{5'000};
constexpr token_bucket::duration longest_pause{1'000'000};

} // namespace

producer_port::producer_port(block_generator& blocks, receiver_actions& actions, const settings& given,
                             std::unique_ptr<ingest_server> server, std::shared_ptr<journal> journal)
  : blocks_{blocks},
    actions_{actions},
    settings_{given},
    server_{std::move(server)},
    journal_{std::move(journal)},
    intake_{blocks, given.max_producers} {
  schedule_forgetting();
}

void producer_port::know(const known_producers& known) {
  intake_.counted(known.names);
  anyone_departed_ = known.anyone_departed;
}

void producer_port::opened() {
  intake_.opened();
  act();
}

void producer_port::stop() {
  stopped_ = true;
  server_->stop_reading();
  intake_.stop();
  give_back_frames();
  act();
}

// -- what producers do -----------------------------------------------------------------------------------------------------

void producer_port::hear(const producer_hello& message) {
  intake_.hello(message.connection, message.producer);
  act();
}
void producer_port::hear(const producer_data& message, time_point now) { said(message.connection, message.data, now); }
void producer_port::hear(const producer_goodbye& message, time_point now) {
  said(message.connection, paced_frames::goodbye{}, now);
}
void producer_port::hear(const connection_closed& message, time_point now) {
  said(message.connection, paced_frames::closed{}, now);
}

void producer_port::said(connection_id connection, paced_frames::said what, time_point now) {
  frames_.add(connection, std::move(what));
  if (stopped_)
    give_back_frames();
  take_frames(now);
}

/// As much of what connections have said as the rate allows. The rest waits here, and sockets are left unread meanwhile: what is too fast
/// waits with the producers.
void producer_port::take_frames(time_point now) {
  while (auto piece = frames_.next(bucket_.available(now))) {
    auto before = intake_.taken_records();
    take(piece->connection, piece->what);
    bucket_.take(intake_.taken_records() - before, now); // not what is known already
  }
  if (auto hold = !frames_.empty(); hold != held_back_)
    server_->hold_back(held_back_ = hold);
  if (held_back_) {
    mark("receiver.holds_to_rate");
    if (!std::exchange(looks_again_, true))
      actions_.add(receiver_actions::start_timer{receiver_actions::timer::look_again,
                                                 std::clamp(bucket_.wait(now), shortest_pause, longest_pause)});
  }
  act();
}

void producer_port::take(connection_id from, paced_frames::said& what) {
  if (auto data = std::get_if<ingest_data>(&what))
    intake_.data(from, *data);
  else if (std::holds_alternative<paced_frames::goodbye>(what))
    intake_.goodbye(from);
  else
    intake_.closed(from);
}

/// It has been stopped, and the intake takes no more. Nothing of these frames was acknowledged, so producers hand them to the next start.
void producer_port::give_back_frames() {
  while (auto piece = frames_.next(token_bucket::unlimited))
    take(piece->connection, piece->what);
}

void producer_port::limit(std::uint64_t records_per_s, time_point now) {
  bucket_.set_rate(records_per_s, now);
  take_frames(now);
}

void producer_port::look_again(time_point now) {
  looks_again_ = false;
  take_frames(now);
}

// -- what the log says -----------------------------------------------------------------------------------------------------

void producer_port::found(const producer_found& answer) {
  intake_.found(answer.producer, answer.last, answer.logged, answer.question);
  act();
}

void producer_port::reached(const std::string& producer, std::uint64_t last) {
  intake_.reached(producer, last);
  act();
}

void producer_port::hear(const departure_recorded& message) {
  if (message.epoch != blocks_.current_epoch())
    return;
  anyone_departed_ = true;
  intake_.departed(message.producer, message.added, message.question);
  act();
}

void producer_port::hear(const producers_forgotten& message) {
  if (message.epoch != blocks_.current_epoch() || message.question != forgettings_)
    return;
  intake_.counted(message.remaining);
  if (message.forgotten > 0)
    journal_->tell({.name = "producers_forgotten",
                    .actor = address{role::receiver, settings_.input.value},
                    .message = std::to_string(message.forgotten) +
                               " producers were silent for longer than ingest.producer_ttl and are forgotten, for "
                               "example '" +
                               message.example + "'; one that comes back begins with record 1",
                    .more = {}});
}

// -- what the writer is asked ----------------------------------------------------------------------------------------------

/// Names that are idle for long leave the log. Nobody waits for it, so nothing is repeated: it is asked again anyway.
void producer_port::forget_silent() {
  auto present = intake_.present_producers();
  if (present.size() > most_entries)
    mark("receiver.is_too_busy_to_forget"); // they leave, and it is asked later
  else if (blocks_.is_open() && !stopped_)
    actions_.to_writer(forget_producers{settings_.input, blocks_.current_epoch(),
                                        static_cast<std::uint64_t>(settings_.producer_ttl.count()), std::move(present),
                                        ++forgettings_});
  schedule_forgetting();
}

void producer_port::schedule_forgetting() {
  using namespace std::chrono_literals;
  actions_.add(receiver_actions::start_timer{
    receiver_actions::timer::forget, std::clamp<std::chrono::milliseconds>(settings_.producer_ttl / 20, 100ms, 1h)});
}

void producer_port::ask_again() {
  intake_.ask_again();
  act();
}

// -- doing what was decided ------------------------------------------------------------------------------------------------

void producer_port::act() {
  for (auto& action : intake_.take_actions())
    std::visit([this](auto& what) { perform(what); }, action);
}

void producer_port::perform(const intake::look_up& what) {
  actions_.to_writer(find_producer{settings_.input, blocks_.current_epoch(), what.producer, what.question});
}
void producer_port::perform(const intake::record_departure& what) {
  actions_.to_writer(record_departure{settings_.input, blocks_.current_epoch(), what.producer, what.question});
}
void producer_port::perform(const intake::refuse& what) {
  journal_->receiver_failed(settings_.input, "a producer was refused: " + what.reason);
  server_->refuse(what.connection, what.reason);
}

} // namespace weir::actors
