#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "actors/monitor/journal.hpp"
#include "actors/receiver/block_generator.hpp"
#include "actors/receiver/coordinator_line.hpp"
#include "actors/receiver/input_rate.hpp"
#include "actors/receiver/messages.hpp"
#include "actors/receiver/numbered_feed.hpp"
#include "actors/receiver/receiver_actions.hpp"

namespace weir::actors {

/// What a receiver knows before its first act, and what never changes while it lives.
struct receiver_facts {
  input_id input;
  std::string name; ///< as people know it
  std::uint64_t incarnation = 0;
  std::chrono::microseconds block_interval{10'000};
  std::chrono::milliseconds retry_interval{2'000};
};

/// What is the same for every input whose records are received: an epoch is opened, blocks are cut, stored and released, whoever has not
/// answered is asked again, the coordinator hears when the input rests and when it has drained. Where the records come from, and which are
/// new, a `numbered_feed` knows. It is told facts and leaves actions behind. No CAF, no clock; one thread.
///
/// Every message may come late, twice, or of another epoch: then it changes nothing.
class receiver_core {
public:
  struct moment {
    std::chrono::steady_clock::time_point steady;
    std::int64_t wall_us = 0;
  };

  receiver_core(receiver_facts facts, const input_rate& rate, std::shared_ptr<journal> journal)
    : facts_{std::move(facts)},
      journal_{std::move(journal)},
      rate_{rate},
      line_{facts_.input, facts_.incarnation},
      blocks_{facts_.input, limits::block_bytes} {}
  receiver_core(const receiver_core&) = delete;
  receiver_core& operator=(const receiver_core&) = delete;

  /// Makes the feed, which fills the blocks and adds to the actions. Once, before anything else.
  template <class Feed, class... Arguments>
  Feed& receive_from(const moment& now, Arguments&&... arguments) {
    auto feed = std::make_unique<Feed>(blocks_, actions_, std::forward<Arguments>(arguments)...);
    auto& made = *feed;
    feed_ = std::move(feed);
    feed_->limit(rate_.records_per_s(), now.steady);
    return made;
  }
  /// Asks for an epoch. Before that it only drains.
  void begin();

  /// A message has come, or a timer is due.
  template <class Message>
  void hear(const Message& message, const moment& now) {
    now_ = now;
    on(message);
  }
  /// The feed has been told something: its records are in the blocks.
  void feed_has_heard(const moment& now) {
    now_ = now;
    settle();
  }
  /// The same, and it may have come to rest, or moved.
  void feed_has_changed(const moment& now) {
    feed_has_heard(now);
    say_activity();
  }
  /// The last word: nobody else knows the figures.
  void end();

  /// What has to be done since the last call, in this order.
  std::vector<receiver_actions::action> take_actions() { return actions_.take(); }

private:
  using headers = std::vector<log::block_header>;
  using timer = receiver_actions::timer;

  // From the coordinator.
  void on(const input_opened&);
  void on(const drain_input&);
  void on(const report_input&);
  void on(const limit_rate&);
  // From the block store.
  void on(const blocks_durable&);
  void on(const blocks_released&);
  void on(const epoch_refused&);
  // From the writer.
  void on(const producer_found&);
  // Time, lost peers.
  void on(const cut_block&);
  void on(const input_tick&);
  void on(const retry_tick&);
  void on(const peer_restarted&);

  void settle();
  void perform(block_generator::store& what, headers& cut);
  void perform(const block_generator::schedule_cut& what, headers&);
  void perform(const block_generator::reach& what, headers&) { feed_->reached(what.producer, what.last); }
  void perform(const block_generator::confirm& what, headers&) { feed_->confirmed(what.ticket); }
  void perform(const block_generator::release& what, headers&) { feed_->released(what.bytes); }

  void report();
  void ask_to_open();
  void store(headers cut);
  void store_again();
  void ask_writer_again();
  void say_activity();
  void say_figures();
  void say_drained();
  void set_timer(timer which, std::chrono::microseconds after, std::uint64_t sequence = 0) {
    actions_.add(receiver_actions::start_timer{which, after, sequence});
  }
  bool is_current(weir::epoch owner) const { return owner == blocks_.current_epoch(); }
  bool all_durable() const { return blocks_.all_durable() && !feed_->holds_records(); }
  receiver_figures figures() const;

  const receiver_facts facts_;
  std::shared_ptr<journal> journal_;
  input_rate rate_;
  coordinator_line line_;
  block_generator blocks_;
  receiver_actions actions_;
  std::unique_ptr<numbered_feed> feed_;
  moment now_; ///< of the call under way
  receiver_figures said_figures_;
  bool begun_ = false;
  bool draining_ = false;
};

} // namespace weir::actors
