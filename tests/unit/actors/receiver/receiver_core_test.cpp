#include "actors/receiver/receiver_core.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/actors/receiver/receiving.hpp"

using namespace weir;
using namespace weir::actors;
using namespace weir::actors::receiving;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t incarnation = 9;
constexpr epoch own{3}, other{4};

/// Gives what the test says, and puts into words what it is told.
class hand_numbered_feed final : public numbered_feed {
public:
  struct traits {
    bool port = false;
    bool holds = false;
    bool ended = false;
    bool rests = true;
    std::uint64_t connections = 0;
    words told;
  };
  hand_numbered_feed(block_generator& to_fill, receiver_actions&, std::shared_ptr<traits> given)
    : blocks{to_fill}, given_{std::move(given)} {}

  std::string place() const override { return "somewhere"; }
  bool is_port() const override { return given_->port; }
  std::uint64_t connections() const override { return given_->connections; }
  void opened() override { say("opened"); }
  void limit(std::uint64_t rate, time_point now) override {
    say("limit " + std::to_string(rate) + " at " + std::to_string(now.time_since_epoch() / 1s));
  }
  void stop() override { say("stop"); }
  void found(const producer_found& answer) override { say("found " + answer.producer); }
  void ask_again() override { say("ask again"); }
  void reached(const std::string& producer, std::uint64_t last) override {
    say(producer + " reached " + std::to_string(last));
  }
  void confirmed(std::uint64_t ticket) override { say("confirmed " + std::to_string(ticket)); }
  void released(std::uint64_t bytes) override { say("released " + std::to_string(bytes)); }
  bool holds_records() const override { return given_->holds; }
  bool has_ended() const override { return given_->ended; }
  bool at_rest() override { return given_->rests; }

  block_generator& blocks;

private:
  void say(const std::string& sentence) { given_->told.push_back(sentence); }
  std::shared_ptr<traits> given_;
};

struct world {
  world() {
    feed = &core.receive_from<hand_numbered_feed>(now, given);
    CHECK(told() == words{"limit 0 at 3600"});
  }
  template <class Message>
  world& hear(const Message& message) {
    core.hear(message, now);
    return *this;
  }
  world& open() {
    core.begin();
    hear(input_opened{input_id{7}, own, incarnation});
    actions(), told(), journal->take();
    return *this;
  }
  /// Records of `producer` from its number `first` on, one a word.
  world& give(const std::string& text, const std::string& producer = {}, std::uint64_t first = 0,
              std::uint64_t ticket = 0) {
    auto given_now = records(text, 1);
    given_now.producer = producer;
    given_now.first = first;
    given_now.ticket = ticket;
    feed->blocks.add(given_now);
    core.feed_has_heard(now);
    return *this;
  }
  world& cut(std::uint64_t sequence) { return hear(cut_block{sequence}); }
  words actions() { return in_words(core.take_actions()); }
  words told() { return std::exchange(given->told, {}); }

  std::shared_ptr<told_journal> journal = std::make_shared<told_journal>();
  std::shared_ptr<hand_numbered_feed::traits> given = std::make_shared<hand_numbered_feed::traits>();
  receiver_core::moment now{std::chrono::steady_clock::time_point{1h}, 1'003'000};
  receiver_core core{{input_id{7}, "somewhere", incarnation, 10ms, 2s}, input_rate{settings{}}, journal};
  hand_numbered_feed* feed = nullptr;
};

} // namespace

TEST_CASE("a receiver asks for its epoch at each tick until it has one, and for no other", "[receiver]") {
  world w;
  w.core.begin();
  CHECK(w.actions() == words{"open 9", "tick in 100000 us", "retry in 2000000 us"});
  w.hear(input_tick{});
  CHECK(w.actions() == words{"open 9", "rests", "tick in 100000 us"});
  w.hear(retry_tick{}); // there is nothing to ask under an epoch that is not known
  CHECK(w.actions() == words{"retry in 2000000 us"});
  CHECK(w.told().empty());
  w.hear(input_opened{input_id{7}, own, incarnation + 1}); // its predecessor's
  CHECK(w.told().empty());
  CHECK(w.journal->take().empty());
  w.hear(input_opened{input_id{7}, own, incarnation});
  CHECK(w.told() == words{"opened"});
  CHECK(w.journal->take() == words{"started somewhere", "counted 0 records, 0 bytes, 0 connections, rate 0"});
  w.actions();
  w.hear(input_opened{input_id{7}, other, incarnation}); // the answer to a repeated request
  w.give("a").cut(1);
  CHECK(w.actions().back() == "store 1 behind 0, epoch 3");
  w.hear(input_tick{});
  CHECK(w.actions() == words{"does not rest", "tick in 100000 us"});
}

TEST_CASE("a port is announced once it is open", "[receiver]") {
  world w;
  w.given->port = true;
  w.core.begin();
  w.hear(input_opened{input_id{7}, own, incarnation});
  CHECK(w.journal->take() ==
        words{"started somewhere", "counted 0 records, 0 bytes, 0 connections, rate 0", "bound somewhere"});
}

TEST_CASE("a block lies on the shelf before anybody hears of it, and is cut when the interval ends", "[receiver]") {
  world w;
  w.open().give("one\n");
  CHECK(w.actions() == words{"cut 1 in 7000 us"}); // 1.003 s: at 1.010 s
  w.now.wall_us = 1'008'000;
  w.give("two\n");
  CHECK(w.actions().empty());
  w.cut(1);
  CHECK(w.actions() == words{"shelve 1 'one\ntwo\n'", "receiver.block_cut", "store 1 behind 0, epoch 3"});
  w.cut(1);
  CHECK(w.actions().empty());
  w.give("three\n");
  CHECK(w.actions() == words{"cut 2 in 2000 us"});
}

TEST_CASE("a block of which somebody waits to hear is cut as soon as what has come with it is in it", "[receiver]") {
  world w;
  w.open().give("one\n", {}, 0, 5);
  CHECK(w.actions() == words{"cut 1 in 0 us"});
}

TEST_CASE("the feed hears that records are durable, and when, and that memory is free after that", "[receiver]") {
  world w;
  w.open().give("one\n", "p", 1).give("two\n", "q", 5, 11).cut(1).give("three\n", "p", 2).cut(2);
  CHECK(w.told().empty());
  w.hear(blocks_durable{input_id{7}, other, block_sequence{2}}); // of another epoch
  w.hear(blocks_released{input_id{7}, other, block_sequence{2}});
  CHECK(w.told().empty());
  w.hear(blocks_durable{input_id{7}, own, block_sequence{1}});
  CHECK(w.told() == words{"p reached 1", "q reached 5", "confirmed 11"});
  w.hear(blocks_durable{input_id{7}, own, block_sequence{1}});
  CHECK(w.told().empty());
  w.hear(blocks_released{input_id{7}, own, block_sequence{1}});
  CHECK(w.told() == words{"released 8"});
  w.hear(blocks_released{input_id{7}, own, block_sequence{2}}); // a committed batch rests on it, so it is durable
  CHECK(w.told() == words{"p reached 2", "released 6"});
}

TEST_CASE(
  "what is not durable is stored again at each retry, and without any the block store is asked what is released",
  "[receiver]") {
  world w;
  w.open();
  w.hear(retry_tick{});
  CHECK(w.told() == words{"ask again"});
  CHECK(w.actions() == words{"store behind 0, epoch 3", "retry in 2000000 us"});
  w.give("a").cut(1).give("b").cut(2).give("c");
  w.actions();
  w.hear(blocks_durable{input_id{7}, own, block_sequence{1}});
  w.hear(retry_tick{});
  CHECK(w.actions() == words{"store 2 behind 1, epoch 3", "retry in 2000000 us"});
}

TEST_CASE("whoever is lost is asked again as soon as its successor is there", "[receiver]") {
  world w;
  w.core.begin();
  w.actions();
  w.hear(peer_restarted{{role::batch_coordinator, 0}});
  CHECK(w.actions() == words{"open 9", "rests"});
  w.hear(peer_restarted{{role::checkpoint_writer, 0}}).hear(peer_restarted{{role::block_store, 0}});
  CHECK(w.actions().empty());
  w.open().give("a").cut(1);
  w.actions();
  w.hear(peer_restarted{{role::batch_coordinator, 0}});
  CHECK(w.actions() == words{"does not rest"});
  w.hear(peer_restarted{{role::block_store, 0}});
  CHECK(w.actions() == words{"store 1 behind 0, epoch 3"});
  CHECK(w.told().empty());
  w.hear(peer_restarted{{role::checkpoint_writer, 0}});
  CHECK(w.told() == words{"ask again"});
  w.hear(peer_restarted{{role::sink, 0}});
  CHECK(w.actions().empty());
}

TEST_CASE("a receiver whose epoch is refused ends, and is not ended by what was refused to another", "[receiver]") {
  world w;
  w.open();
  w.hear(epoch_refused{input_id{7}, other});
  CHECK(w.actions().empty());
  w.hear(epoch_refused{input_id{7}, own});
  CHECK(w.actions() == words{"quit"});
}

TEST_CASE("the answer about a producer counts for the epoch that asked", "[receiver]") {
  world w;
  w.open();
  w.hear(producer_found{input_id{7}, other, "p", 5, true});
  CHECK(w.told().empty());
  w.hear(producer_found{input_id{7}, own, "p", 5, true});
  CHECK(w.told() == words{"found p"});
}

TEST_CASE("an input rests when its feed does and all is durable", "[receiver]") {
  world w;
  w.open().hear(report_input{});
  CHECK(w.actions() == words{"rests"});
  w.given->rests = false;
  w.hear(report_input{});
  CHECK(w.actions() == words{"does not rest"});
  w.given->rests = true;
  w.given->holds = true;
  w.hear(input_tick{});
  CHECK(w.actions() == words{"does not rest", "tick in 100000 us"});
  w.given->holds = false;
  w.give("a").cut(1);
  w.actions();
  w.core.feed_has_changed(w.now);
  CHECK(w.actions() == words{"does not rest"});
  w.hear(blocks_durable{input_id{7}, own, block_sequence{1}}).hear(input_tick{});
  CHECK(w.actions() == words{"rests", "tick in 100000 us"});
}

TEST_CASE("an input has drained when the feed has said all, and all that it said is durable", "[receiver]") {
  world w;
  w.open().give("a");
  w.actions();
  w.hear(drain_input{});
  CHECK(w.told() == words{"stop"});
  CHECK(w.journal->take() == words{"stopped: the application drains"});
  CHECK(w.actions().empty());
  w.feed->blocks.cut();
  w.given->ended = true;
  w.core.feed_has_heard(w.now);
  CHECK(w.actions() == words{"shelve 1 'a'", "receiver.block_cut", "store 1 behind 0, epoch 3"});
  w.hear(drain_input{}); // repeated
  CHECK(w.told().empty());
  CHECK(w.actions().empty());
  w.given->holds = true;
  w.hear(blocks_durable{input_id{7}, own, block_sequence{1}});
  CHECK(w.actions().empty());
  w.given->holds = false;
  w.hear(drain_input{});
  CHECK(w.actions() == words{"drained through 1, epoch 3"});
  CHECK(w.journal->take() == words{"counted 1 records, 1 bytes, 0 connections, rate 0"}); // before it
  w.hear(drain_input{});
  CHECK(w.actions() == words{"drained through 1, epoch 3"}); // the word may have been lost
  w.hear(report_input{});
  CHECK(w.actions() == words{"rests", "drained through 1, epoch 3"});
}

TEST_CASE("an input from which nothing is under way has not drained before its feed has said its last word",
          "[receiver]") {
  world w;
  w.open().hear(drain_input{});
  CHECK(w.actions().empty());
  w.core.feed_has_heard(w.now);
  CHECK(w.actions().empty());
  w.given->ended = true;
  w.core.feed_has_heard(w.now);
  CHECK(w.actions() == words{"drained through 0, epoch 3"});
}

TEST_CASE("an input that never got an epoch drains all the same, and asks for one no more than it may", "[receiver]") {
  world w;
  w.given->ended = true;
  w.hear(report_input{}); // before it has read what it needs
  CHECK(w.actions() == words{"rests"});
  w.hear(drain_input{});
  CHECK(w.actions() == words{"drained through 0, epoch 0"});
}

TEST_CASE("the rate goes to the feed, unless an older coordinator says it", "[receiver]") {
  world w;
  w.open();
  w.now.steady += 1s;
  w.hear(limit_rate{epoch{2}, 500});
  CHECK(w.told() == words{"limit 500 at 3601"});
  w.hear(limit_rate{epoch{1}, 900});
  CHECK(w.told().empty());
  w.hear(limit_rate{epoch{2}, 0});
  CHECK(w.told() == words{"limit 0 at 3601"});
}

TEST_CASE("figures are said when they have changed, and for the last time when the receiver ends", "[receiver]") {
  world w;
  w.open().hear(input_tick{});
  CHECK(w.journal->take().empty());
  w.give("abc").cut(1).hear(input_tick{});
  CHECK(w.journal->take().empty()); // nothing is durable
  w.hear(blocks_durable{input_id{7}, own, block_sequence{1}}).hear(input_tick{});
  CHECK(w.journal->take() == words{"counted 1 records, 3 bytes, 0 connections, rate 0"});
  w.given->connections = 2;
  w.core.end();
  CHECK(w.journal->take() == words{"counted 1 records, 3 bytes, 2 connections, rate 0"});
  w.core.end();
  CHECK(w.journal->take().empty());
}
