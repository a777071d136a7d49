#include "actors/block_store/block_store.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <optional>

#include <catch2/catch.hpp>

#include <caf/scheduler/test_coordinator.hpp>

#include "actors/batch_coordinator/messages.hpp"
#include "actors/receiver/messages.hpp"
#include "actors/runtime/process_services.hpp"
#include "actors/runtime/tree.hpp"
#include "libstream/log/block_log.hpp"
#include "libstream/log/memory_store.hpp"
#include "libstream/log/positions.hpp"

using namespace weir;
using namespace weir::actors;
using namespace std::chrono_literals;

namespace {

using words = std::vector<std::string>;

constexpr input_id input{0};
constexpr epoch own{3}, next_epoch{4};

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

struct silent_journal final : journal {
  void input_bound(const std::string&) override {}
  void batch_committed(const batch_summary&) override {}
  void batch_done(batch_id, std::int64_t) override {}
  void actor_restarted(const address&, const std::string&) override {}
  void warning(const std::string&) override {}
  void detail(const std::string&) override {}
};

log::block_header header(std::uint64_t sequence, epoch of = own) {
  log::block_header made;
  made.id = {input, of, block_sequence{sequence}};
  made.records = 1;
  made.producers = {{"p", sequence, sequence}};
  return made;
}

std::vector<log::block_header> headers(std::uint64_t first, std::uint64_t last, epoch of = own) {
  std::vector<log::block_header> made;
  for (auto sequence = first; sequence <= last; ++sequence)
    made.push_back(header(sequence, of));
  return made;
}

std::string numbers(const std::vector<log::block_header>& all) {
  std::string text = std::to_string(all.front().id.epoch.value) + ":";
  for (auto& each : all)
    text += " " + std::to_string(each.id.sequence.value);
  return text;
}

template <class Message>
std::string place(const Message& message) {
  return std::to_string(message.epoch.value) + ": " + std::to_string(message.through.value);
}

/// The actor on virtual time. Writer, coordinator and receiver are the test: it hears what each is sent.
struct world {
  world() {
    services.application->settings.retry_interval = 2s;
    services.node->journal = std::make_shared<silent_journal>();
    services.node->workers = threads;
    services.use_store(store);
    services.application->fail = [this](const error& why) { failed.push_back(why); };
    config.set("scheduler.policy", caf::atom("testing"));
    register_messages(config);
    system.emplace(config);
    system->await_actors_before_shutdown(false);
    scheduler = &dynamic_cast<caf::scheduler::test_coordinator&>(system->scheduler());
    scheduler->clock().current_time += 1h;
    enter({role::checkpoint_writer, 0},
          {[this](const append_blocks& message) { hears("append " + numbers(message.headers)); }});
    enter({role::batch_coordinator, 0}, {[this](const blocks_ready& message) {
                                           hears("ready " + numbers(message.headers));
                                           for (auto& each : message.headers)
                                             CHECK(each.producers.empty());
                                         },
                                         [this](const blocks_void& message) { hears("void behind " + place(message)); },
                                         [this](const blocks_reported& message) {
                                           auto all = "reported " + std::to_string(message.question);
                                           for (auto& line : message.lines)
                                             all += " to " + std::to_string(line.through.value);
                                           hears(all);
                                         }});
    enter({role::receiver, input.value},
          {[this](const blocks_durable& message) { hears("durable " + place(message)); },
           [this](const blocks_released& message) { hears("released " + place(message)); },
           [this](const epoch_refused& message) { hears("refused " + std::to_string(message.epoch.value)); }});
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
  }
  void enter(const address& who, caf::behavior behaviour) {
    peers.push_back(system->spawn([behaviour](caf::event_based_actor*) { return behaviour; }));
    services.node->directory.enter(who, caf::actor_cast<caf::strong_actor_ptr>(peers.back()));
  }
  void hears(const std::string& message) { messages.push_back(message); }

  /// Blocks that the log has.
  world& logged(std::uint64_t first, std::uint64_t last, epoch of = own) {
    log::transaction changes;
    for (auto& each : headers(first, last, of))
      log::append_block(changes, each, {}, nullptr);
    log::put_epoch(changes, input, of, {});
    REQUIRE(store->commit(changes));
    return *this;
  }
  world& begin() {
    block_store = spawn_block_store(*system, services.application, services.node);
    return tell(peer_restarted{{role::block_store, 0}}); // it begins with its first message
  }
  /// With what the log says at its start.
  world& ready() { return begin().read_log(); }
  void end() {
    if (!block_store)
      return;
    caf::anon_send_exit(block_store, caf::exit_reason::kill);
    scheduler->run();
    block_store = nullptr;
  }
  template <class Message>
  world& tell(Message message) {
    caf::anon_send(block_store, std::move(message));
    scheduler->run();
    return *this;
  }
  /// From the receiver, which has put their bytes on the shelf.
  world& store_some(std::uint64_t first, std::uint64_t last, std::uint64_t durable = 0, epoch of = own) {
    for (auto& each : headers(first, last, of))
      services.node->blocks.put(each.id, std::make_shared<data::buffer>(0));
    return tell(store_blocks{input, of, block_sequence{durable}, headers(first, last, of)});
  }
  world& appended(std::uint64_t through, epoch of = own) {
    return tell(blocks_appended{input, of, block_sequence{through}});
  }
  world& release(std::uint64_t first, std::uint64_t last, epoch of = own) {
    return tell(release_blocks{epoch{1}, {{input, of, block_sequence{first}, block_sequence{last}}}});
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
  world& retry() {
    scheduler->clock().advance_time(2s);
    scheduler->run();
    return *this;
  }
  bool on_shelf(std::uint64_t sequence, epoch of = own) const {
    return services.node->blocks.find(header(sequence, of).id) != nullptr;
  }
  words sent() { return std::exchange(messages, {}); }

  std::shared_ptr<job_queue> threads = std::make_shared<job_queue>();
  std::shared_ptr<log::memory_store> store = std::make_shared<log::memory_store>();
  process_services services;
  words messages;
  std::vector<error> failed;
  caf::actor_system_config config;
  std::optional<caf::actor_system> system;
  caf::scheduler::test_coordinator* scheduler = nullptr;
  std::vector<caf::actor> peers;
  block_store_actor block_store;
};

} // namespace

TEST_CASE("blocks go to the writer first, then to the coordinator, and the receiver hears when they are durable",
          "[block store]") {
  world w;
  w.ready().store_some(1, 2);
  CHECK(w.sent() == words{"append 3: 1 2", "ready 3: 1 2"});
  w.appended(1);
  CHECK(w.sent() == words{"durable 3: 1"});
  w.appended(2);
  CHECK(w.sent() == words{"durable 3: 2"});
  CHECK(w.threads->jobs.empty());
  CHECK(w.on_shelf(2));
  w.release(1, 2);
  CHECK(w.sent() == words{"released 3: 2"});
  CHECK_FALSE(w.on_shelf(1));
  CHECK_FALSE(w.on_shelf(2));
}

TEST_CASE("blocks that come again are answered, and neither logged nor reported twice", "[block store]") {
  world w;
  w.ready().store_some(1, 2).sent();
  w.store_some(1, 2);
  CHECK(w.sent().empty()); // on their way: the writer answers
  w.store_some(1, 3);
  CHECK(w.sent() == words{"append 3: 3", "ready 3: 3"});
  w.appended(3).sent();
  w.store_some(1, 3);
  CHECK(w.sent() == words{"durable 3: 3"}); // the word of it may have been lost
  w.release(1, 2).sent();
  w.tell(store_blocks{input, own, block_sequence{3}, {}});
  CHECK(w.sent() == words{"released 3: 2", "durable 3: 3"}); // and the word of that, too
}

TEST_CASE("what is asked of a block store that reads the log waits, in its order", "[block store]") {
  world w;
  w.logged(1, 2).begin();
  w.store_some(3, 3, 2).tell(report_blocks{epoch{1}, 4}).release(1, 1).retry();
  CHECK(w.sent().empty());
  w.read_log();
  CHECK(w.sent() == words{"append 3: 3", "ready 3: 3", "ready 3: 1 2 3", "reported 4 to 3", "released 3: 1"});
  CHECK(w.failed.empty());
}

TEST_CASE("what the log held at the start is reported when it is asked for, in messages of bounded size",
          "[block store]") {
  world w;
  w.logged(1, 1500).logged(1, 1, next_epoch).ready();
  CHECK(w.sent().empty());
  w.tell(report_blocks{epoch{1}, 4});
  auto sent = w.sent();
  REQUIRE(sent.size() == 4);
  CHECK(sent[0] == "ready " + numbers(headers(1, 1024)));
  CHECK(sent[1] == "ready " + numbers(headers(1025, 1500)));
  CHECK(sent[2] == "ready 4: 1");
  CHECK(sent[3] == "reported 4 to 1500 to 1");
}

TEST_CASE("behind a gap only what is asked for is reported", "[block store]") {
  world w;
  w.ready().store_some(1, 4).appended(2).sent();
  w.tell(report_blocks_behind{epoch{2}, input, own, block_sequence{2}});
  CHECK(w.sent() == words{"ready 3: 3 4"});
  w.tell(report_blocks_behind{epoch{2}, input, own, block_sequence{4}});
  w.tell(report_blocks_behind{epoch{2}, input, next_epoch, {}});
  w.tell(report_blocks_behind{epoch{1}, input, own, block_sequence{2}}); // of an older coordinator
  CHECK(w.sent().empty());
}

TEST_CASE("the coordinator hears that blocks which it was told of are void", "[block store]") {
  world w;
  w.ready().store_some(1, 4).appended(2).sent();
  w.tell(epoch_refused{input, own});
  CHECK(w.sent() == words{"refused 3"});
  w.read_log();
  CHECK(w.sent() == words{"void behind 3: 2"});
}

TEST_CASE("what the log has of a refused epoch is not void, though the writer's word of it was lost", "[block store]") {
  world w;
  w.ready().store_some(1, 4).appended(1).sent();
  w.logged(1, 3);
  w.tell(epoch_refused{input, own}).read_log();
  CHECK(w.sent() == words{"refused 3", "ready 3: 1 2 3", "void behind 3: 3"});
}

TEST_CASE("an answer that is too long for a message is said in parts", "[block store]") {
  world w;
  for (std::uint64_t i = 1; i <= most_entries + 10; ++i)
    w.logged(1, 1, epoch{i});
  w.ready();
  w.tell(report_blocks{epoch{1}, 4});
  std::size_t answers = 0;
  for (auto& each : w.sent())
    answers += each.starts_with("reported");
  CHECK(answers == 2);
}

TEST_CASE("what is not durable is appended again at a retry, and when the writer was lost", "[block store]") {
  world w;
  w.ready().store_some(1, 3).appended(1).sent();
  w.retry();
  CHECK(w.sent() == words{"append 3: 2 3"});
  w.tell(peer_restarted{{role::checkpoint_writer, 0}});
  CHECK(w.sent() == words{"append 3: 2 3"});
  w.tell(peer_restarted{{role::batch_coordinator, 0}});
  CHECK(w.sent().empty());
  w.appended(3).sent();
  w.retry();
  CHECK(w.sent() ==
        words{"ready 3: 1 2 3"}); // they are here since the last one: the coordinator may not have heard of them
}

TEST_CASE("at each retry the log is searched for blocks that nobody has reported, by one search at a time",
          "[block store]") {
  world w;
  w.logged(1, 2).ready();
  w.logged(3, 4).logged(1, 1, next_epoch); // for a lost predecessor, whose answer was lost with the writer
  w.retry();
  CHECK(w.sent().empty());
  CHECK(w.threads->jobs.size() == 1);
  w.retry();
  CHECK(w.threads->jobs.size() == 1);
  w.read_log();
  CHECK(w.sent() == words{"ready 3: 1 2", "ready 3: 1 2 3 4", "ready 4: 1"}); // the first as it has waited
  w.retry().read_log();
  CHECK(w.sent() == words{"ready 3: 1 2"});
  w.store_some(5, 5, 4); // it goes on behind them
  CHECK(w.sent() == words{"append 3: 5", "ready 3: 5"});
}

TEST_CASE("what is found in the log and has gone its way meanwhile does not come back", "[block store]") {
  world w;
  w.ready().store_some(1, 1).logged(1, 3).retry().sent(); // 2 and 3 are known only to the log
  w.store_some(2, 3).appended(3).release(1, 3).sent();    // while it is searched
  w.read_log();
  CHECK(w.sent().empty());
  w.tell(report_blocks{epoch{1}, 4});
  CHECK(w.sent() == words{"reported 4"});
}

TEST_CASE(
  "what an older coordinator asks for late is not done, and what is kept for long is reported until it is released",
  "[block store]") {
  world w;
  w.ready().store_some(1, 2).appended(2).sent();
  w.tell(report_blocks{epoch{2}, 1});
  CHECK(w.sent() == words{"ready 3: 1 2", "reported 1 to 2"});
  w.tell(report_blocks{epoch{1}, 7}).release(1, 2);
  CHECK(w.sent().empty());
  CHECK(w.on_shelf(1));
  w.retry().read_log().sent();
  w.retry().read_log();
  CHECK(w.sent() == words{"ready 3: 1 2"});
  w.tell(release_blocks{epoch{2}, {{input, own, block_sequence{1}, block_sequence{2}}}});
  CHECK(w.sent() == words{"released 3: 2"});
  w.retry().read_log();
  CHECK(w.sent().empty());
}

TEST_CASE("the receiver hears of blocks that were appended for a lost predecessor once they are known here",
          "[block store]") {
  world w;
  w.logged(1, 1).ready();
  w.logged(2, 3).appended(3);
  CHECK(w.sent().empty()); // it would take them for released
  w.read_log();
  CHECK(w.sent() == words{"ready 3: 1 2 3", "durable 3: 3"});
  w.store_some(4, 4, 3);
  CHECK(w.sent() == words{"append 3: 4", "ready 3: 4"}); // and not that 2 and 3 are released
  CHECK(w.on_shelf(4));
}

TEST_CASE("an older epoch's answer makes nothing of the new one durable", "[block store]") {
  world w;
  w.ready().store_some(1, 2).store_some(1, 1, 0, next_epoch).sent();
  w.appended(2);
  CHECK(w.sent() == words{"durable 3: 2"});
  w.retry();
  CHECK(w.sent() == words{"append 4: 1"});
}

TEST_CASE("a refused epoch's blocks are void, and its receiver hears of it", "[block store]") {
  world w;
  w.ready().store_some(1, 3).appended(1).sent();
  w.tell(epoch_refused{input, own}).read_log();
  CHECK(w.sent() == words{"refused 3", "void behind 3: 1"});
  CHECK(w.on_shelf(1)); // durable, and may be sealed
  CHECK_FALSE(w.on_shelf(2));
  w.retry();
  CHECK(w.sent().empty());
  w.tell(report_blocks{epoch{1}, 4});
  CHECK(w.sent() == words{"ready 3: 1", "reported 4 to 1"});
}

TEST_CASE("when a newer epoch begins, the bytes of blocks that nobody was told of leave the shelf", "[block store]") {
  world w;
  w.ready().store_some(1, 1).sent();
  w.services.node->blocks.put(header(2).id, std::make_shared<data::buffer>(0)); // its receiver died before it told
  w.store_some(1, 1, 0, next_epoch);
  CHECK(w.on_shelf(1));
  CHECK_FALSE(w.on_shelf(2));
  CHECK(w.on_shelf(1, next_epoch));
}

TEST_CASE("blocks that were to be released while no block store was there are released when their receiver asks",
          "[block store]") {
  world w;
  w.logged(3, 3).ready();
  for (auto& each : headers(1, 3))
    w.services.node->blocks.put(each.id, std::make_shared<data::buffer>(0));
  w.tell(store_blocks{input, own, block_sequence{3}, {}});
  CHECK(w.sent() == words{"released 3: 2", "durable 3: 3"});
  CHECK_FALSE(w.on_shelf(2));
  CHECK(w.on_shelf(3));
}

TEST_CASE("a block log that cannot be read ends the application", "[block store]") {
  world w;
  w.logged(1, 1);
  log::transaction changes;
  log::put_epoch(changes, input, own, {});
  REQUIRE(w.store->commit(changes));
  auto all = w.store->snapshot();
  auto damaged = false;
  for (std::size_t each = 0; each < all.size(); ++each)
    for (auto& [key, value] : all[each])
      damaged = w.store->damage(static_cast<log::table>(each), key, 3) || damaged;
  REQUIRE(damaged);
  w.ready();
  REQUIRE(w.failed.size() == 1);
  CHECK(w.failed[0].code == error_code::corrupt);
  w.tell(report_blocks{epoch{1}, 4});
  CHECK(w.sent().empty());
}

TEST_CASE("what is read for a block store that has ended changes nothing for its successor", "[block store]") {
  world w;
  w.logged(1, 1).begin().end();
  w.logged(2, 2).begin();
  w.tell(report_blocks{epoch{1}, 4}).read_log(); // its predecessor's
  CHECK(w.sent().empty());
  w.read_log();
  CHECK(w.sent() == words{"ready 3: 1 2", "reported 4 to 2"});
}
