#pragma once

#include <memory>
#include <string>

#include "actors/monitor/journal.hpp"
#include "actors/receiver/block_generator.hpp"
#include "actors/receiver/feed_messages.hpp"
#include "actors/receiver/numbered_feed.hpp"
#include "actors/receiver/numbered_records.hpp"
#include "actors/receiver/receiver_actions.hpp"
#include "actors/sources/feed.hpp"

namespace weir::actors {

/// What the process fetches or makes itself as a numbered feed: a connection to a server, a generator, a source of the program's own.
/// `numbered_records` decides what is new; records without numbers all are. No CAF; one thread.
class own_feed final : public numbered_feed {
public:
  /// `name` is how people know the input.
  own_feed(block_generator& blocks, receiver_actions& actions, input_id input, std::string name,
           std::unique_ptr<feed> source, std::shared_ptr<journal> journal);

  // What the feed has to say.
  void hear(const feed_gave& message);
  void hear(const feed_ended& message);
  void hear(const source_stopped& message);
  void hear(const feed_warned& message);
  /// It is time for what it wanted to be woken for.
  void hear(const feed_wakes& message) { source_->wake(message.why); }

  std::string place() const override { return name_; }
  bool is_port() const override { return false; }
  std::uint64_t connections() const override { return source_->connections(); }
  void opened() override;
  void limit(std::uint64_t records_per_s, time_point) override { source_->limit(records_per_s); }
  void stop() override { source_->stop(); }
  void found(const producer_found& answer) override;
  void ask_again() override;
  void reached(const std::string& producer, std::uint64_t last) override;
  void confirmed(std::uint64_t ticket) override { settle(ticket, {}); }
  void released(std::uint64_t bytes) override { source_->release(bytes); }
  bool holds_records() const override { return numbered_.any_waiting(); }
  bool has_ended() const override { return ended_; }
  bool at_rest() override;

private:
  void begin(std::uint64_t last_durable);
  void look_up(const std::string& producer, std::uint64_t question = 0);
  void settle(std::uint64_t ticket, const result<void>& how);
  void act();

  void perform(const numbered_records::look_up& what) { look_up(what.producer, what.question); }
  void perform(const numbered_records::accept& what) { blocks_.add(what.records); }
  void perform(const numbered_records::confirm& what) { settle(what.ticket, {}); }
  void perform(const numbered_records::refuse& what);
  void perform(const numbered_records::release& what) { source_->release(what.bytes); }

  block_generator& blocks_;
  receiver_actions& actions_;
  const input_id input_;
  const std::string name_;
  std::unique_ptr<feed> source_;
  std::shared_ptr<journal> journal_;
  numbered_records numbered_;
  bool begun_ = false;
  bool ended_ = false; ///< the feed has said its last word
};

} // namespace weir::actors
