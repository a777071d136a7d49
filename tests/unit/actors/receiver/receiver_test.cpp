#include "actors/receiver/receiver.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <optional>

#include <catch2/catch.hpp>

#include <caf/scheduler/test_coordinator.hpp>

#include "actors/runtime/process_services.hpp"
#include "actors/runtime/tree.hpp"
#include "libstream/log/memory_store.hpp"
#include "libstream/log/positions.hpp"
#include "tests/unit/actors/receiver/receiving.hpp"

using namespace weir;
using namespace weir::actors;
using namespace weir::actors::receiving;
using namespace std::chrono_literals;

namespace {

struct job_queue : worker_factory {
  struct lane : worker {
    std::string name;
    std::deque<std::pair<std::string, std::function<void()>>>* jobs;
    void post(std::function<void()> job) override { jobs->emplace_back(name, std::move(job)); }
  };
  std::shared_ptr<worker> make(const std::string& name) override {
    auto made = std::make_shared<lane>();
    made->name = name;
    made->jobs = &jobs;
    return made;
  }
  std::deque<std::pair<std::string, std::function<void()>>> jobs;
};

/// One port, whose threads are the test.
struct hand_transport : ingest_transport {
  result<std::unique_ptr<ingest_server>> listen(const std::string& address, std::uint64_t,
                                                std::shared_ptr<ingest_listener> told) override {
    if (taken)
      return fail(error_code::configuration, "the port is in use", address);
    heard->push_back("listen at " + address);
    listener = std::move(told);
    auto server = std::make_unique<hand_server>(heard);
    connections = server->connections;
    return server;
  }
  std::shared_ptr<words> heard = std::make_shared<words>();
  std::shared_ptr<ingest_listener> listener;
  std::shared_ptr<std::size_t> connections;
  bool taken = false;
};

/// The actor on virtual time. Writer, block store and coordinator are the test: it hears what each is sent.
struct world {
  explicit world(const std::string& url) {
    services.application->settings.inputs = {parse_input_url(url).value()};
    services.application->settings.retry_interval = 2s;
    services.application->settings.block_interval = 10ms;
    services.node->journal = journal;
    services.node->workers = threads;
    services.use_store(store);
    services.node->ingest = transport;
    services.node->open_feed = [this](input_id, std::shared_ptr<feed_listener> told) -> result<std::unique_ptr<feed>> {
      if (transport->taken)
        return fail(error_code::configuration, "there is no such source");
      feed_listener_of_it = std::move(told);
      return std::make_unique<hand_feed>(transport->heard, traits);
    };
    services.node->wall_clock_us = [] { return std::int64_t{1'004'000}; };
    services.node->random = [this] { return ++incarnation; };
    services.application->fail = [this](const error& why) { failed.push_back(why); };
    config.set("scheduler.policy", caf::atom("testing"));
    register_messages(config);
    system.emplace(config);
    system->await_actors_before_shutdown(false);
    scheduler = &dynamic_cast<caf::scheduler::test_coordinator&>(system->scheduler());
    scheduler->clock().current_time += 1h;
    enter({role::batch_coordinator, 0}, {[this](const open_input& message) { hears(in_words(message)); },
                                         [this](const input_activity& message) { hears(in_words(message)); },
                                         [this](const input_drained& message) { hears(in_words(message)); }});
    enter({role::block_store, 0}, {[this](const store_blocks& message) {
            hears(in_words(message));
            for (auto& header : message.headers) // whoever hears of a block finds it
              CHECK(services.node->blocks.find(header.id));
          }});
    enter({role::checkpoint_writer, 0}, {[this](const find_producer& message) { hears(in_words(message)); },
                                         [this](const record_departure& message) { hears(in_words(message)); },
                                         [this](const forget_producers& message) { hears(in_words(message)); }});
  }
  ~world() {
    services.node->directory.clear();
    for (auto& peer : peers)
      caf::anon_send_exit(peer, caf::exit_reason::kill);
    end();
    scheduler->clock().cancel_all();
    scheduler->run();
    threads->jobs.clear();
    peers.clear();
    transport->listener = nullptr;
    feed_listener_of_it = nullptr;
  }
  void enter(const address& who, caf::behavior behaviour) {
    peers.push_back(system->spawn([behaviour](caf::event_based_actor*) { return behaviour; }));
    services.node->directory.enter(who, caf::actor_cast<caf::strong_actor_ptr>(peers.back()));
  }
  void hears(const std::string& message) { messages.push_back(message); }

  world& begin() {
    receiver = spawn_receiver(*system, services.application, services.node, input_id{0});
    receiver->attach_functor([this](const caf::error&) { ++ends; });
    return tell(peer_restarted{{role::receiver, 0}}); // it begins with its first message
  }
  void end() {
    if (!receiver)
      return;
    caf::anon_send_exit(receiver, caf::exit_reason::kill);
    scheduler->run();
    receiver = nullptr;
  }
  template <class Message>
  world& tell(Message message) {
    caf::anon_send(receiver, std::move(message));
    scheduler->run();
    return *this;
  }
  world& read_log() {
    REQUIRE_FALSE(threads->jobs.empty());
    CHECK(threads->jobs.front().first == "log");
    auto job = std::move(threads->jobs.front().second);
    threads->jobs.pop_front();
    job();
    scheduler->run();
    return *this;
  }
  world& open() {
    begin();
    if (!threads->jobs.empty())
      read_log();
    tell(input_opened{input_id{0}, epoch{3}, incarnation});
    sent(), said(), journal->take();
    return *this;
  }
  world& pass(std::chrono::milliseconds time) {
    scheduler->clock().advance_time(time);
    scheduler->run();
    return *this;
  }
  world& run() {
    scheduler->run();
    return *this;
  }
  /// To other actors, and to the server or feed, since it was asked last.
  words sent() { return std::exchange(messages, {}); }
  words said() { return std::exchange(*transport->heard, {}); }

  std::shared_ptr<told_journal> journal = std::make_shared<told_journal>();
  std::shared_ptr<job_queue> threads = std::make_shared<job_queue>();
  std::shared_ptr<log::memory_store> store = std::make_shared<log::memory_store>();
  std::shared_ptr<hand_transport> transport = std::make_shared<hand_transport>();
  std::shared_ptr<hand_feed::traits> traits = std::make_shared<hand_feed::traits>();
  std::shared_ptr<feed_listener> feed_listener_of_it;
  process_services services;
  std::uint64_t incarnation = 0;
  words messages;
  std::vector<error> failed;
  int ends = 0;
  caf::actor_system_config config;
  std::optional<caf::actor_system> system;
  caf::scheduler::test_coordinator* scheduler = nullptr;
  std::vector<caf::actor> peers;
  receiver_actor receiver;
};

constexpr auto port_url = "weir://127.0.0.1:7";
constexpr auto feed_url = "tcp://127.0.0.1:8";

} // namespace

TEST_CASE("a port asks for its epoch once the log has said which producers it knows", "[receiver]") {
  world w{port_url};
  log::transaction changes;
  log::put_producer(changes, input_id{0}, "gone", {5, true, 0});
  REQUIRE(w.store->commit(changes));
  w.begin();
  CHECK(w.said() == words{"listen at 127.0.0.1:7"});
  w.tell(report_input{epoch{1}, 0, 0, {}}).pass(500ms);
  CHECK(w.sent() ==
        words{"does not rest"}); // it is open to producers, and waits for the log without holding anybody up
  w.read_log();
  CHECK(w.sent() == words{"open 1"});
  w.pass(100ms);
  CHECK(w.sent() == words{"open 1", "rests"}); // one has said goodbye
  w.tell(input_opened{input_id{0}, epoch{3}, 1});
  CHECK(w.journal->take() ==
        words{"started 127.0.0.1:7", "counted 0 records, 0 bytes, 0 connections, rate 0", "bound weir://127.0.0.1:7"});
  CHECK(w.failed.empty());
}

TEST_CASE("names that the log knows count against ingest.max_producers", "[receiver]") {
  world w{port_url};
  w.services.application->settings.max_producers = 1;
  log::transaction changes;
  log::put_producer(changes, input_id{0}, "old", {5, false, 0});
  REQUIRE(w.store->commit(changes));
  w.open();
  w.transport->listener->hello(1, "new");
  w.run().tell(producer_found{input_id{0}, epoch{3}, "new", 0, false, 1});
  REQUIRE(w.said().size() == 1);
  CHECK(w.journal->told.size() == 1);
}

TEST_CASE("a producer's records come in, are stored, and acknowledged when they are durable, not before",
          "[receiver]") {
  world w{port_url};
  w.open();
  w.transport->listener->hello(1, "p");
  CHECK(w.run().sent() == words{"find p", "does not rest"});
  w.tell(producer_found{input_id{0}, epoch{3}, "p", 4, true, 1});
  CHECK(w.said() == words{"welcome 1 behind 4"});
  w.transport->listener->data(1, lines(5, {"a", "b"}));
  CHECK(w.run().sent().empty());
  w.pass(5ms);
  CHECK(w.sent().empty());
  w.pass(1ms); // the wall clock says that the interval ends
  CHECK(w.sent() == words{"store 1 behind 0, epoch 3"});
  CHECK(w.said().empty());
  w.tell(blocks_durable{input_id{0}, epoch{3}, block_sequence{1}});
  CHECK(w.said() == words{"acknowledge 1 6"});
  w.tell(blocks_released{input_id{0}, epoch{3}, block_sequence{1}});
  CHECK(w.said() == words{"release 4"});
  w.transport->listener->goodbye(1);
  CHECK(w.run().sent() == words{"record departure of p"});
  w.tell(departure_recorded{input_id{0}, epoch{3}, "p", false, 2});
  CHECK(w.said() == words{"farewell 1"});
  CHECK(w.sent() == words{"rests"});
  w.transport->listener->closed(1);
  CHECK(w.run().sent() == words{"rests"});
}

TEST_CASE("the input's state is said at each tick, and what is not answered asked for again at each retry",
          "[receiver]") {
  world w{port_url};
  w.open();
  w.pass(100ms);
  CHECK(w.sent() == words{"does not rest"});
  w.transport->listener->hello(1, "p");
  w.run().sent();
  w.pass(1900ms);
  auto sent = w.sent();
  CHECK(std::count(sent.begin(), sent.end(), "find p") == 1);
  CHECK(std::count(sent.begin(), sent.end(), "store behind 0, epoch 3") == 1); // idle: what has been released?
  w.tell(producer_found{input_id{0}, epoch{3}, "p", 0, true, 1});
  w.transport->listener->data(1, lines(1, {"a"}));
  w.run().pass(10ms).sent();
  w.pass(2s);
  sent = w.sent();
  CHECK(std::count(sent.begin(), sent.end(), "find p") == 0);
  CHECK(std::count(sent.begin(), sent.end(), "store 1 behind 0, epoch 3") == 1);
  w.tell(blocks_durable{input_id{0}, epoch{3}, block_sequence{1}});
  *w.transport->connections = 1;
  w.pass(100ms);
  CHECK(w.journal->take() == words{"counted 1 records, 2 bytes, 1 connections, rate 0"});
}

TEST_CASE("a rate holds producers back, and the rest is taken when it is due", "[receiver][rates]") {
  world w{port_url};
  w.open();
  w.transport->listener->hello(1, "p");
  w.run().tell(producer_found{input_id{0}, epoch{3}, "p", 0, true, 1});
  w.tell(limit_rate{epoch{1}, 20}).said();
  w.transport->listener->data(1, lines(1, {"a", "b", "c"}));
  CHECK(w.run().said() == words{"hold back"});
  w.pass(10ms).sent();
  w.pass(50ms);
  CHECK(w.said() == words{"read on"});
  w.pass(10ms);
  auto sent = w.sent();
  CHECK(std::count(sent.begin(), sent.end(), "store 2 behind 0, epoch 3") == 1);
}

TEST_CASE("a port that drains takes no more, and has drained once all is durable", "[receiver]") {
  world w{port_url};
  w.open();
  w.transport->listener->hello(1, "p");
  w.run().tell(producer_found{input_id{0}, epoch{3}, "p", 0, true, 1});
  w.transport->listener->data(1, lines(1, {"a"}));
  w.run().sent(), w.said();
  w.tell(drain_input{epoch{1}});
  CHECK(w.said() == words{"stop reading"});
  CHECK(w.sent() == words{"store 1 behind 0, epoch 3"});
  CHECK(w.journal->take() == words{"stopped: the application drains"});
  w.tell(drain_input{epoch{1}});
  CHECK(w.sent().empty());
  w.tell(blocks_durable{input_id{0}, epoch{3}, block_sequence{1}});
  CHECK(w.sent() == words{"drained through 1, epoch 3"});
  CHECK(w.said() == words{"acknowledge 1 1"});
}

TEST_CASE("a feed of the process begins behind what is durable, and its records take the same way", "[receiver]") {
  world w{feed_url};
  w.traits->producer = "made";
  w.begin();
  CHECK(w.threads->jobs.empty());
  CHECK(w.said() == words{"limit 0"});
  CHECK(w.sent() == words{"open 1"});
  w.tell(input_opened{input_id{0}, epoch{3}, 1});
  CHECK(w.sent() == words{"find made"});
  CHECK(w.said().empty());
  w.tell(producer_found{input_id{0}, epoch{3}, "made", 6, true});
  CHECK(w.said() == words{"begin behind 6"});
  auto given = records("x\n");
  given.producer = "made";
  given.first = 7;
  given.ticket = 5;
  w.feed_listener_of_it->records(given);
  w.run();
  CHECK(w.sent() == words{"store 1 behind 0, epoch 3"}); // at once, as somebody waits
  CHECK(w.said().empty());
  w.tell(blocks_durable{input_id{0}, epoch{3}, block_sequence{1}});
  CHECK(w.said() == words{"stored 5"});
  w.tell(blocks_released{input_id{0}, epoch{3}, block_sequence{1}});
  CHECK(w.said() == words{"release 2"});
  w.tell(limit_rate{epoch{1}, 20});
  CHECK(w.said() == words{"limit 20"});
  w.pass(100ms);
  CHECK(w.sent() == words{"rests"});
}

TEST_CASE("what a feed's threads say comes to the actor", "[receiver]") {
  world w{feed_url};
  w.open();
  w.feed_listener_of_it->wake_after(30ms, 4);
  w.run().pass(29ms);
  CHECK(w.said().empty());
  w.pass(1ms);
  CHECK(w.said() == words{"wake 4"});
  w.feed_listener_of_it->warning("no peer");
  w.feed_listener_of_it->recovery("a peer");
  w.feed_listener_of_it->source_stopped("all is said");
  CHECK(w.run().journal->take() == words{"warning: no peer", "failed: no peer", "reconnected: a peer",
                                         "stopped: all is said",
                                         "input_stopped: tcp://127.0.0.1:8 has stopped itself: all is said"});
  w.feed_listener_of_it->records(records("x\n"));
  w.run().tell(drain_input{epoch{1}});
  CHECK(w.said() == words{"stop"});
  w.feed_listener_of_it->stopped();
  w.run();
  CHECK(w.sent() == words{"store 1 behind 0, epoch 3"});
  w.tell(blocks_durable{input_id{0}, epoch{3}, block_sequence{1}});
  CHECK(w.sent() == words{"drained through 1, epoch 3"});
}

TEST_CASE("a receiver whose epoch is refused ends, says its figures, and its successor takes the same port",
          "[receiver]") {
  world w{port_url};
  w.open();
  w.transport->listener->hello(1, "p");
  w.run().tell(producer_found{input_id{0}, epoch{3}, "p", 0, true, 1});
  w.transport->listener->data(1, lines(1, {"a"}));
  w.run().pass(10ms).tell(blocks_durable{input_id{0}, epoch{3}, block_sequence{1}});
  w.said();
  w.tell(epoch_refused{input_id{0}, epoch{2}});
  CHECK(w.ends == 0);
  w.tell(epoch_refused{input_id{0}, epoch{3}});
  CHECK(w.ends == 1);
  CHECK(w.journal->take().back() == "counted 1 records, 2 bytes, 0 connections, rate 0");
  CHECK(w.said() == words{"closed the port"});
  w.begin();
  CHECK(w.said() == words{"listen at 127.0.0.1:7"});
  w.sent();
  w.read_log();
  CHECK(w.sent() == words{"open 2"});
}

TEST_CASE("a log that is read for a receiver that has ended changes nothing for its successor", "[receiver]") {
  world w{port_url};
  w.begin();
  w.end();
  CHECK(w.said() == words{"listen at 127.0.0.1:7", "closed the port"});
  w.begin().sent();
  w.read_log(); // its predecessor's
  CHECK(w.sent().empty());
  w.read_log();
  CHECK(w.sent() == words{"open 2"});
}

TEST_CASE("an input that cannot be opened ends the application, and nobody tries again", "[receiver]") {
  world w{GENERATE(port_url, feed_url)};
  w.transport->taken = true;
  w.begin();
  REQUIRE(w.failed.size() == 1);
  CHECK(w.ends == 1);
  CHECK(w.sent().empty());
}
