#include "actors/receiver/own_feed.hpp"

#include <catch2/catch.hpp>

#include "libstream/data/frames.hpp"
#include "tests/unit/actors/receiver/receiving.hpp"

using namespace weir;
using namespace weir::actors;
using namespace weir::actors::receiving;

namespace {

constexpr epoch own{3};
constexpr input_id input{7};

struct world {
  explicit world(const std::string& producer = {}) {
    traits->producer = producer;
    feed.emplace(blocks, actions, input, "stream:mine", std::make_unique<hand_feed>(heard, traits), journal);
  }
  world& open() {
    blocks.opened(own);
    feed->opened();
    return *this;
  }
  world& found(const std::string& producer, std::uint64_t last) {
    collect();
    feed->found({input, own, producer, last, true, lookups[producer]});
    return *this;
  }
  /// One record of `producer`.
  world& give(const std::string& content, const std::string& producer = {}, std::uint64_t number = 0,
              std::uint64_t ticket = 0) {
    std::string frame;
    data::append_frame(frame, content);
    auto given = records(frame);
    given.producer = producer;
    given.first = number;
    given.ticket = ticket;
    feed->hear(feed_gave{given});
    return *this;
  }
  words cut() {
    blocks.cut();
    words texts;
    for (auto& each : blocks.take_actions())
      if (auto block = std::get_if<block_generator::store>(&each))
        for (auto rest = block->bytes->view(); auto content = data::take_frame(rest);)
          texts.emplace_back(*content);
    return texts;
  }
  words said() { return std::exchange(*heard, {}); }
  words wants() {
    collect();
    return std::exchange(wanted, {});
  }
  void collect() {
    for (auto& action : actions.take()) {
      if (auto sent = std::get_if<receiver_actions::send>(&action)) {
        if (auto asked = std::get_if<find_producer>(&sent->message))
          lookups[asked->producer] = asked->question;
        if (auto asked = std::get_if<record_departure>(&sent->message))
          departures[asked->producer] = asked->question;
      }
      wanted.push_back(std::visit([](auto& what) { return in_words(what); }, action));
    }
  }

  std::shared_ptr<words> heard = std::make_shared<words>();
  std::shared_ptr<hand_feed::traits> traits = std::make_shared<hand_feed::traits>();
  std::shared_ptr<told_journal> journal = std::make_shared<told_journal>();
  block_generator blocks{input, 1000};
  receiver_actions actions;
  words wanted;
  std::map<std::string, std::uint64_t> lookups, departures; ///< the last question about each
  std::optional<own_feed> feed;
};

} // namespace

TEST_CASE("a feed that numbers nothing begins as soon as there are blocks", "[own feed]") {
  world w;
  CHECK_FALSE(w.feed->at_rest());
  w.open();
  CHECK(w.said() == words{"begin behind 0"});
  CHECK(w.wants().empty());
  CHECK(w.feed->at_rest());
  w.feed->ask_again();
  CHECK(w.wants().empty());
}

TEST_CASE("a feed that numbers its records begins behind what the log has of them, once", "[own feed]") {
  world w{"generate"};
  w.open();
  CHECK(w.said().empty());
  CHECK(w.wants() == words{"find generate"});
  CHECK_FALSE(w.feed->at_rest());
  CHECK(w.traits->asked == 1); // all the same: it counts from then on
  w.feed->ask_again();
  CHECK(w.wants() == words{"find generate"});
  w.found("somebody", 3);
  CHECK(w.said().empty());
  w.found("generate", 41);
  w.found("generate", 50); // the answer to the repeated question
  CHECK(w.said() == words{"begin behind 41"});
  w.feed->ask_again();
  CHECK(w.wants().empty());
  w.give("a", "generate", 42);
  CHECK(w.cut() == words{"a"});
}

TEST_CASE("records without numbers are all new", "[own feed]") {
  world w;
  w.open().give("a").give("a");
  CHECK(w.cut() == words{"a", "a"});
}

TEST_CASE("of numbered records only new ones go into blocks, and who waits hears what becomes of them", "[own feed]") {
  world w;
  w.open().said();
  w.give("b", "p", 2, 21).give("c", "p", 3, 22);
  CHECK(w.wants() == words{"find p"});
  CHECK(w.feed->holds_records());
  CHECK(w.cut().empty());
  w.feed->ask_again();
  CHECK(w.wants() == words{"find p"});
  w.found("p", 1);
  CHECK_FALSE(w.feed->holds_records());
  CHECK(w.cut() == words{"b", "c"});
  w.give("c", "p", 3, 31); // it is on its way
  CHECK(w.feed->holds_records());
  CHECK(w.said().empty());
  w.feed->reached("p", 3);
  CHECK(w.said() == words{"stored 31", "release 2"});
  w.give("b", "p", 2, 32);
  CHECK(w.said() == words{"stored 32", "release 2"});
  w.give("x", "p", 9, 33);
  CHECK(w.said() ==
        words{"not stored 33: stream:mine: producer 'p' is at record 3: the next one is 4, not 9; hand over "
              "records in the order of their numbers",
              "release 2"});
  CHECK(w.cut().empty());
  w.feed->confirmed(21);
  w.feed->confirmed(0); // nobody's
  CHECK(w.said() == words{"stored 21"});
}

TEST_CASE("the last word of a feed cuts what it has given", "[own feed]") {
  world w;
  w.open().give("a");
  w.feed->stop();
  CHECK(w.said() == words{"begin behind 0", "stop"});
  CHECK_FALSE(w.feed->has_ended());
  w.blocks.take_actions();
  w.feed->hear(feed_ended{});
  CHECK(w.feed->has_ended());
  CHECK(w.blocks.undurable().size() == 1);
}

TEST_CASE("what a feed says to people is written down as what it is", "[own feed]") {
  world w;
  w.feed->hear(feed_warned{"no peer", true});
  CHECK(w.journal->take() == words{"warning: no peer", "failed: no peer"});
  w.feed->hear(feed_warned{"well again", false});
  CHECK(w.journal->take() == words{"reconnected: well again"});
  w.feed->hear(source_stopped{"all is said"});
  CHECK(w.journal->take() ==
        words{"stopped: all is said", "input_stopped: stream:mine has stopped itself: all is said"});
}

TEST_CASE("a feed is told its rate, what is free, and when to wake", "[own feed]") {
  world w;
  w.feed->limit(30, {});
  w.feed->released(12);
  w.feed->hear(feed_wakes{5});
  CHECK(w.said() == words{"limit 30", "release 12", "wake 5"});
}
