#include "actors/receiver/producer_port.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/actors/receiver/receiving.hpp"

using namespace weir;
using namespace weir::actors;
using namespace weir::actors::receiving;
using namespace std::chrono_literals;

namespace {

constexpr epoch own{3}, other{2};
constexpr input_id input{7};

struct world {
  explicit world(std::uint64_t max_producers = 10, std::chrono::milliseconds ttl = 60s) {
    auto server = std::make_unique<hand_server>(heard);
    connections = server->connections;
    port.emplace(blocks, actions, producer_port::settings{input, max_producers, ttl}, std::move(server), journal);
  }
  world& open() {
    blocks.opened(own);
    port->opened();
    wants(), said();
    return *this;
  }
  world& hello(connection_id who, const std::string& producer) {
    port->hear(producer_hello{who, producer});
    return *this;
  }
  world& found(const std::string& producer, std::uint64_t last, bool logged = true) {
    collect();
    port->found({input, own, producer, last, logged, lookups[producer]});
    return *this;
  }
  /// Connection 1 of "p", of which the log knows 4 records.
  world& with_p() {
    open().hello(1, "p").found("p", 4);
    wants(), said();
    return *this;
  }
  world& data(connection_id who, std::uint64_t first, const words& all) {
    port->hear(producer_data{who, lines(first, all)}, now);
    return *this;
  }
  world& goodbye(connection_id who) {
    port->hear(producer_goodbye{who}, now);
    return *this;
  }
  world& close(connection_id who) {
    port->hear(connection_closed{who}, now);
    return *this;
  }
  /// What the blocks have got, and what is left to be told of them.
  words cut() {
    blocks.cut();
    words texts;
    for (auto& each : blocks.take_actions())
      if (auto block = std::get_if<block_generator::store>(&each))
        texts.emplace_back(block->bytes->view());
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
  std::shared_ptr<told_journal> journal = std::make_shared<told_journal>();
  std::shared_ptr<std::size_t> connections;
  block_generator blocks{input, 1000};
  receiver_actions actions;
  words wanted;
  std::map<std::string, std::uint64_t> lookups, departures; ///< the last question about each
  std::optional<producer_port> port;
  numbered_feed::time_point now{1h};
};

} // namespace

TEST_CASE("a producer that comes before the port has its epoch is looked up once it has", "[producer port]") {
  world w;
  w.wants();
  w.hello(1, "p");
  CHECK(w.wants().empty());
  w.blocks.opened(own);
  w.port->opened();
  CHECK(w.wants() == words{"find p"});
  w.found("p", 4);
  CHECK(w.said() == words{"welcome 1 behind 4"});
}

TEST_CASE("records go into the blocks, and are acknowledged when they are durable", "[producer port]") {
  world w;
  w.with_p().data(1, 5, {"a", "b"});
  CHECK(w.said().empty());
  CHECK(w.cut() == words{"a\nb\n"});
  w.port->reached("p", 6);
  CHECK(w.said() == words{"acknowledge 1 6"});
  w.port->released(4);
  CHECK(w.said() == words{"release 4"});
}

TEST_CASE("what a producer may not send is refused and written down, and its memory is given back", "[producer port]") {
  world w;
  w.with_p().data(1, 9, {"gap"});
  CHECK(w.said() == words{"release 4", "refuse 1: expected record 5, got 9"});
  CHECK(w.journal->take() == words{"failed: a producer was refused: expected record 5, got 9"});
  CHECK(w.cut().empty());
}

TEST_CASE("a goodbye is asked for once all is durable, asked for again, and answered when it is recorded",
          "[producer port]") {
  world w;
  w.with_p().data(1, 5, {"a"}).goodbye(1);
  CHECK(w.wants().empty());
  w.cut();
  w.port->reached("p", 5);
  CHECK(w.wants() == words{"record departure of p"});
  w.port->ask_again();
  CHECK(w.wants() == words{"record departure of p"});
  w.said();
  w.port->hear(departure_recorded{input, other, "p", false, w.departures["p"]}); // of another epoch
  CHECK(w.said().empty());
  CHECK_FALSE(w.port->at_rest());
  w.port->hear(departure_recorded{input, own, "p", false, w.departures["p"]});
  CHECK(w.said() == words{"farewell 1"});
  w.port->ask_again();
  CHECK(w.wants().empty());
  CHECK(w.port->at_rest());
}

TEST_CASE("look-ups that are not answered are asked again", "[producer port]") {
  world w;
  w.open().hello(1, "p").hello(2, "q");
  CHECK(w.wants() == words{"find p", "find q"});
  w.found("p", 0);
  w.port->ask_again();
  CHECK(w.wants() == words{"find q"});
}

TEST_CASE("at its rate the port takes part of a frame, reads no more, and goes on by itself",
          "[producer port][rates]") {
  world w;
  w.with_p();
  w.port->limit(20, w.now); // 1 and what is saved up for 50 ms: 2 records
  CHECK(w.wants().empty());
  w.data(1, 5, {"a", "b", "c", "d"});
  CHECK(w.said() == words{"hold back"});
  CHECK(w.wants() == words{"look again in 50001 us"});
  CHECK(w.port->holds_records());
  w.data(1, 9, {"e"}).goodbye(1).close(1);
  CHECK(w.wants().empty()); // a look comes already
  CHECK(w.cut() == words{"a\nb\n"});
  w.now += 10min;
  w.port->look_again(w.now);
  CHECK(w.cut() == words{"c\nd\n"});
  CHECK(w.wants() == words{"look again in 50001 us"});
  w.port->limit(0, w.now);
  CHECK(w.said().back() == "read on");
  CHECK(w.cut() == words{"e\n"});
  CHECK_FALSE(w.port->holds_records());
}

TEST_CASE("a goodbye waits for the records that were sent before it, whatever holds them up",
          "[producer port][rates]") {
  world w;
  w.with_p();
  w.port->limit(20, w.now);
  w.data(1, 5, {"a", "b", "c"}).goodbye(1);
  CHECK(w.cut() == words{"a\nb\n"});
  w.wants();
  w.port->reached("p", 6);
  w.port->ask_again();
  CHECK(w.wants().empty()); // "c" is still to come
  w.now += 50ms + 1us;
  w.port->look_again(w.now);
  CHECK(w.cut() == words{"c\n"});
  w.port->reached("p", 7);
  CHECK(w.wants() == words{"record departure of p"});
}

TEST_CASE("records that are known already cost nothing of the rate", "[producer port][rates]") {
  world w;
  w.with_p();
  w.port->limit(20, w.now);
  w.data(1, 1, {"a", "b"}).data(1, 3, {"c", "d"}).data(1, 5, {"e", "f"});
  CHECK_FALSE(w.port->holds_records());
  CHECK(w.cut() == words{"e\nf\n"});
}

TEST_CASE("a port that is stopped reads no more, cuts what it has, and takes nothing", "[producer port]") {
  world w;
  w.with_p();
  w.port->limit(20, w.now);
  w.data(1, 5, {"a", "b", "c"});
  w.said();
  CHECK_FALSE(w.port->has_ended());
  w.port->stop();
  CHECK(w.port->has_ended());
  CHECK(w.said() == words{"stop reading", "release 6"}); // the rest of the frame is the producer's again
  CHECK_FALSE(w.port->holds_records());
  CHECK(w.cut() == words{"a\nb\n"});
  w.data(1, 8, {"late"});
  CHECK(w.said() == words{"read on", "release 5"});
  CHECK_FALSE(w.port->holds_records());
  CHECK(w.cut().empty());
  w.port->reached("p", 6);
  CHECK(w.said() == words{"acknowledge 1 6"});
}

TEST_CASE("an input rests when somebody has said goodbye and nobody is connected", "[producer port]") {
  world w;
  *w.connections = 1;
  CHECK_FALSE(w.port->at_rest());
  w.port->know({5, true});
  CHECK_FALSE(w.port->at_rest());
  *w.connections = 0;
  CHECK(w.port->at_rest());
  w.port->know({5, false});
  CHECK_FALSE(w.port->at_rest());
}

TEST_CASE("names that the log knew count from the beginning, and fewer once some are forgotten", "[producer port]") {
  world w{3};
  w.port->know({2, false});
  w.open().hello(1, "new").found("new", 0, false).hello(2, "newer").found("newer", 0, false);
  CHECK(w.said().back() == "refuse 2: producer 'newer' is new, and this input knows 3 producers already, as many as "
                           "ingest.max_producers allows");
  w.port->hear(producers_forgotten{input, other, 1, 0, "old"});
  w.hello(3, "newer").found("newer", 0, false);
  CHECK_THAT(w.said().back(), Catch::StartsWith("refuse 3"));
  w.journal->take();
  w.port->hear(producers_forgotten{input, own, 1, 1, "old"});
  REQUIRE(w.journal->told.size() == 1);
  CHECK_THAT(w.journal->take()[0], Catch::StartsWith("producers_forgotten: 1 producers") && Catch::Contains("'old'"));
  w.hello(4, "newer").found("newer", 0, false);
  CHECK(w.said() == words{"welcome 4 behind 0"});
  w.port->hear(producers_forgotten{input, own, 0, 1, ""});
  CHECK(w.journal->take().empty());
}

TEST_CASE("silent producers are forgotten again and again, but for those of whom something is there",
          "[producer port]") {
  world w{10, 60s};
  CHECK(w.wants() == words{"forget in 3000000 us"});
  w.port->forget_silent(); // before it has its epoch
  CHECK(w.wants() == words{"forget in 3000000 us"});
  w.open().hello(1, "p").found("p", 4).hello(2, "q");
  w.wants();
  w.port->forget_silent();
  CHECK(w.wants() == words{"forget who is idle for 60000 ms but p q", "forget in 3000000 us"});
  // One that is gone, and of whom something is on its way, is not idle.
  w.data(1, 5, {"a"}).close(1);
  w.port->forget_silent();
  CHECK(w.wants() == words{"forget who is idle for 60000 ms but p q", "forget in 3000000 us"});
  w.cut();
  w.port->reached("p", 5);
  w.port->forget_silent();
  CHECK(w.wants() == words{"forget who is idle for 60000 ms but q", "forget in 3000000 us"});
  w.port->stop();
  w.port->forget_silent();
  CHECK(w.wants() == words{"forget in 3000000 us"});
}

TEST_CASE("the pause between two searches for silent producers has bounds", "[producer port]") {
  CHECK(world{10, 1ms}.wants() == words{"forget in 100000 us"});
  CHECK(world{10, 24h * 365}.wants() == words{"forget in 3600000000 us"});
}
