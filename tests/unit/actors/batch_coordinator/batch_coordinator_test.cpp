#include "actors/batch_coordinator/batch_coordinator.hpp"

#include <deque>
#include <functional>
#include <map>
#include <optional>

#include <catch2/catch.hpp>

#include <caf/scheduler/test_coordinator.hpp>

#include "actors/block_store/messages.hpp"
#include "actors/node/replayable_inputs.hpp"
#include "actors/receiver/messages.hpp"
#include "actors/runtime/process_services.hpp"
#include "actors/runtime/tree.hpp"
#include "actors/sinks/messages.hpp"
#include "libstream/log/batch_log.hpp"
#include "libstream/log/memory_store.hpp"
#include "libstream/log/positions.hpp"
#include "tests/unit/actors/batch_coordinator/core_world.hpp"

using namespace weir;
using namespace weir::actors;
using namespace std::chrono_literals;
using core_test::small_plan;
using core_test::told_journal;

namespace {

/// Jobs of all workers, run when the test says so.
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

/// The actor, on virtual time. All others are the test: it hears what each is sent, by its name.
struct world {
  world() {
    services.application->plan = std::make_shared<small_plan>();
    services.application->settings.inputs = {parse_input_url("weir://127.0.0.1:0").value()};
    services.application->settings.batch_interval = 100ms;
    services.application->record.partitions = core_test::partitions;
    services.node->journal = heard;
    services.node->workers = threads;
    services.use_store(store);
    services.node->wall_clock_us = [this] {
      return std::chrono::duration_cast<std::chrono::microseconds>(scheduler->clock().current_time.time_since_epoch())
        .count();
    };
    services.node->random = [] { return std::uint64_t{77}; };
    services.application->fail = [this](const error& why) { failed.push_back(why); };
    services.application->spoil = [this](const error& why) { spoiled.push_back(why); };
    services.coordinator->idle = [this] { ++idle; };
    services.coordinator->finished = [this] { ++finished; };
    config.set("scheduler.policy", caf::atom("testing"));
    register_messages(config);
    system.emplace(config);
    system->await_actors_before_shutdown(false);
    scheduler = &dynamic_cast<caf::scheduler::test_coordinator&>(system->scheduler());
    scheduler->clock().current_time += 1h;
    enter({role::checkpoint_writer, 0},
          {[this](const claim_coordination& message) { hears("claim " + std::to_string(message.incarnation)); },
           [this](const seal_batch& message) {
             sealed = message.record;
             hears("seal");
           },
           [this](const open_epoch&) { hears("open"); }, [this](const commit_batch&) { hears("commit"); }});
    enter({role::block_store, 0}, {[this](const report_blocks& message) {
            hears("report blocks " + std::to_string(message.coordinator.value));
            caf::anon_send(coordinator, blocks_reported{message.coordinator, message.question, {}});
          }});
    for (std::uint32_t i = 0; i < 2; ++i)
      enter({role::partition_executor, i}, {[this, i](const run_batch& message) {
              run = message;
              hears("run " + std::to_string(i));
            }});
    enter({role::receiver, 0}, {[this](const report_input&) { hears("report input"); },
                                [this](const drain_input&) { hears("drain input"); }, [](const offsets_taken&) {}});
    enter({role::sink, 1}, {[this](const publish_batch&) { hears("publish"); }});
  }
  ~world() {
    services.node->directory.clear();
    for (auto& peer : peers)
      caf::anon_send_exit(peer, caf::exit_reason::kill);
    caf::anon_send_exit(coordinator, caf::exit_reason::kill);
    scheduler->clock().cancel_all();
    scheduler->run();
    threads->jobs.clear();
    peers.clear();
    coordinator = nullptr;
  }
  void begin() {
    coordinator = spawn_batch_coordinator(*system, services.application, services.node, services.coordinator);
    tell(input_activity{input_id{0}, false}); // it begins with its first message
  }
  void enter(const address& who, caf::behavior behaviour) {
    peers.push_back(system->spawn([behaviour](caf::event_based_actor*) { return behaviour; }));
    services.node->directory.enter(who, caf::actor_cast<caf::strong_actor_ptr>(peers.back()));
  }
  void hears(const std::string& message) { messages.push_back(message); }
  template <class Message>
  world& tell(Message message) {
    caf::anon_send(coordinator, std::move(message));
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
  world& claim() {
    begin();
    tell(coordination_claimed{77, epoch{5}});
    return read_log();
  }
  world& pass(std::chrono::milliseconds time) {
    scheduler->clock().advance_time(time);
    scheduler->run();
    return *this;
  }
  /// What was heard since it was asked last.
  std::vector<std::string> heard_messages() { return std::exchange(messages, {}); }

  std::shared_ptr<told_journal> heard = std::make_shared<told_journal>();
  std::shared_ptr<job_queue> threads = std::make_shared<job_queue>();
  std::shared_ptr<log::memory_store> store = std::make_shared<log::memory_store>();
  process_services services;
  std::vector<std::string> messages;
  std::vector<error> failed, spoiled;
  int idle = 0, finished = 0;
  log::batch_record sealed;
  run_batch run;
  caf::actor_system_config config;
  std::optional<caf::actor_system> system;
  caf::scheduler::test_coordinator* scheduler = nullptr;
  std::vector<caf::actor> peers;
  batch_coordinator_actor coordinator;
};

using words = std::vector<std::string>;

} // namespace

TEST_CASE("the coordinator reads the log on the log's thread once it has its epoch, and acts on what it says",
          "[coordinator]") {
  world w;
  log::transaction changes;
  log::batch_record record;
  record.id = batch_id{1};
  record.time_ms = 100;
  record.epoch = epoch{4};
  REQUIRE(log::seal(changes, *w.store, record));
  REQUIRE(w.store->commit(changes));
  w.begin();
  CHECK(w.heard_messages() == words{"claim 77"});
  CHECK(w.threads->jobs.empty());
  w.tell(coordination_claimed{77, epoch{5}});
  CHECK(w.heard_messages().empty()); // it waits for the log without holding anybody up
  w.read_log();
  CHECK(w.heard_messages() == words{"run 0", "run 1", "report blocks 5", "report input"});
  CHECK(w.run.record == record);
  CHECK(w.run.attempt.epoch == epoch{5});
  CHECK(w.run.owners == placement::of_one_node(w.services.application->settings.executors));
  CHECK(w.heard->recovered_open.size() == 1);
}

TEST_CASE("a log that cannot be read ends the application", "[coordinator]") {
  world w;
  log::transaction changes;
  log::batch_record record;
  record.id = batch_id{1};
  record.tables = {{"prices", 3}};
  REQUIRE(log::seal(changes, *w.store, record));
  REQUIRE(w.store->commit(changes));
  w.services.application->static_tables = {{"prices", 4}};
  w.claim();
  REQUIRE(w.failed.size() == 1);
  CHECK(w.failed[0].code == error_code::configuration);
  CHECK(w.heard_messages() == words{"claim 77"});
}

TEST_CASE("its timers come: batches are sealed, requests repeated, and idleness is seen", "[coordinator]") {
  world w;
  w.services.application->settings.stop_when_idle = 400ms;
  w.services.application->settings.retry_interval = 10s;
  w.claim().heard_messages();
  w.pass(30ms);
  w.tell(blocks_ready{input_id{0}, epoch{1}, {core_test::block(1)}});
  CHECK(w.heard_messages().empty());
  w.pass(100ms);
  CHECK(w.heard_messages() == words{"seal", "run 0", "run 1"});
  CHECK(w.sealed.records == 10);
  w.pass(10s);
  CHECK(w.heard_messages() == words{"seal", "run 0", "run 1"});
  w.tell(batch_sealed{epoch{5}, w.sealed.id});
  for (std::uint32_t i = 0; i < 3; ++i)
    w.tell(task_finished{
      w.run.attempt, w.sealed.id, stage_index{i == 0 ? 0U : 1U}, task_index{i == 0 ? 0U : i - 1}, {}, 10});
  CHECK(w.heard_messages() == words{"commit"});
  w.tell(batch_committed{epoch{5}, w.sealed.id});
  CHECK(w.heard_messages() == words{"publish"});
  w.tell(batch_published{epoch{5}, w.sealed.id, output_index{1}});
  w.tell(batch_finished{epoch{5}, w.sealed.id});
  CHECK(w.heard->done.size() == 1);
  w.tell(input_activity{input_id{0}, true, epoch{5}, 0, 0, 1, 0, {}, {}});
  for (int i = 0; i < 10; ++i)
    w.pass(50ms);
  CHECK(w.idle > 0);
  CHECK(w.failed.empty());
}

TEST_CASE("what the log knows of files is read on its thread, too", "[coordinator]") {
  world w;
  w.services.application->settings.inputs = {parse_input_url("file:in").value()};
  w.services.node->replayable =
    replayable_inputs(w.services.application->settings.inputs, *w.services.application->plan);
  log::transaction changes;
  log::put_partition(changes, input_id{0}, "a", {100, 1, 100});
  REQUIRE(w.store->commit(changes));
  w.claim().heard_messages();
  w.tell(offsets_found{input_id{0}, {{"a", 100, 1, false, 0, 1}, {"b", 50, 1, false, 0, 1}}, {}, epoch{5}, 0, 0, 1});
  w.pass(200ms);
  CHECK(w.heard_messages() == words{});
  w.read_log().pass(200ms);
  REQUIRE(w.sealed.splits.size() == 1);
  CHECK(w.sealed.splits[0].ranges ==
        std::vector<offset_range>{{input_id{0}, "b", 50, 1, 0, 50}}); // "a" was read before
  SECTION("one that has changed since it was read is named, as the source calls it") {
    w.tell(offsets_found{input_id{0}, {}, {"a"}, epoch{5}, 0, 0, 2}).read_log();
    REQUIRE(w.spoiled.size() == 1);
    CHECK_THAT(w.spoiled[0].where, Catch::Contains("a"));
  }
  SECTION("an error of a source ends the application") {
    w.tell(offsets_found{input_id{0}, {{"", 100, 1, false, 0, 1}}, {}, epoch{5}, 0, 0, 2}).read_log();
    REQUIRE(w.failed.size() == 1);
    CHECK_THAT(w.failed[0].where, Catch::Contains("file:in"));
  }
}

TEST_CASE("a coordinator that drains says when it has finished, and one that is replaced ends", "[coordinator]") {
  world w;
  w.claim().heard_messages();
  w.tell(drain{});
  CHECK(w.heard_messages() == words{"drain input"});
  CHECK(w.finished == 0);
  w.tell(input_drained{input_id{0}, epoch{1}, {}});
  CHECK(w.finished == 1);
  auto ended = false;
  w.coordinator->attach_functor([&ended](const caf::error&) { ended = true; });
  w.tell(coordination_lost{epoch{5}, epoch{6}});
  CHECK(ended);
}
