#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "actors/receiver/intake.hpp"

namespace weir::testing {

/// An intake and the blocks that it fills, wired as a receiver wires them: what both decide comes out in one place.
class wired_intake {
public:
  using intake = actors::intake;
  using blocks = actors::block_generator;
  using action =
    std::variant<intake::look_up, intake::welcome, intake::acknowledge, intake::refuse, intake::record_departure,
                 intake::farewell, intake::release, blocks::store, blocks::schedule_cut>;

  explicit wired_intake(input_id input, std::size_t block_bytes, std::uint64_t max_producers = UINT64_MAX,
                        std::uint64_t known_producers = 0)
    : blocks_{std::make_unique<blocks>(input, block_bytes)}, intake_{*blocks_, max_producers, known_producers} {}

  void opened(epoch owner) {
    blocks_->opened(owner);
    intake_.opened();
  }
  void hello(actors::connection_id connection, const std::string& producer) { intake_.hello(connection, producer); }
  void found(const std::string& producer, std::uint64_t last_durable, bool logged) {
    settle();
    intake_.found(producer, last_durable, logged, lookups_[producer]);
  }
  void data(actors::connection_id connection, const actors::ingest_data& frame) { intake_.data(connection, frame); }
  void goodbye(actors::connection_id connection) { intake_.goodbye(connection); }
  void departed(const std::string& producer, bool added) {
    settle();
    intake_.departed(producer, added, departures_[producer]);
  }
  /// Answers that come late, to a question of their own.
  void found_late(const std::string& producer, std::uint64_t last_durable, std::uint64_t question) {
    intake_.found(producer, last_durable, true, question);
  }
  void departed_late(const std::string& producer, bool added, std::uint64_t question) {
    intake_.departed(producer, added, question);
  }
  std::uint64_t lookup_of(const std::string& producer) {
    settle();
    return lookups_[producer];
  }
  std::uint64_t departure_of(const std::string& producer) {
    settle();
    return departures_[producer];
  }
  void closed(actors::connection_id connection) { intake_.closed(connection); }
  void counted(std::uint64_t producers) { intake_.counted(producers); }
  void stop() { intake_.stop(); }
  void cut_due(std::uint64_t sequence) { blocks_->cut_due(sequence); }
  void cut() { blocks_->cut(); }
  void durable(block_sequence through) {
    blocks_->durable(through);
    settle();
  }
  void released(block_sequence through) { blocks_->released(through); }

  auto undurable() const { return blocks_->undurable(); }
  auto unanswered_lookups() const { return intake_.unanswered_lookups(); }
  auto unanswered_departures() const { return intake_.unanswered_departures(); }
  auto present_producers() const { return intake_.present_producers(); }
  bool all_durable() const { return blocks_->all_durable(); }
  auto taken_records() const { return intake_.taken_records(); }
  auto durable_records() const { return blocks_->durable_records(); }
  auto durable_bytes() const { return blocks_->durable_bytes(); }
  auto last_cut() const { return blocks_->last_cut(); }
  auto last_durable() const { return blocks_->last_durable(); }

  std::vector<action> take_actions() {
    settle();
    return std::exchange(actions_, {});
  }

private:
  void settle() {
    for (auto& each : intake_.take_actions())
      std::visit([this](auto& what) { take(what); }, each);
    for (auto decided = blocks_->take_actions(); !decided.empty(); decided = blocks_->take_actions())
      for (auto& each : decided) {
        std::visit([this](auto& what) { take(what); }, each);
        for (auto& answer : intake_.take_actions())
          std::visit([this](auto& what) { take(what); }, answer);
      }
  }
  void take(const blocks::reach& what) { intake_.reached(what.producer, what.last); }
  void take(const blocks::confirm&) {} // nobody gives tickets
  void take(const intake::look_up& what) {
    lookups_[what.producer] = what.question;
    actions_.push_back(what);
  }
  void take(const intake::record_departure& what) {
    departures_[what.producer] = what.question;
    actions_.push_back(what);
  }
  template <class What>
  void take(const What& what) {
    actions_.push_back(what);
  }

  std::unique_ptr<blocks> blocks_;
  intake intake_;
  std::map<std::string, std::uint64_t> lookups_, departures_; ///< the last question about each
  std::vector<action> actions_;
};

} // namespace weir::testing
