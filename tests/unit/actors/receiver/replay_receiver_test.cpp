#include "actors/receiver/replay_receiver.hpp"

#include <deque>
#include <functional>
#include <optional>

#include <catch2/catch.hpp>

#include <caf/scheduler/test_coordinator.hpp>

#include "actors/runtime/process_services.hpp"
#include "actors/runtime/tree.hpp"
#include "tests/unit/actors/receiver/receiving.hpp"

using namespace weir;
using namespace weir::actors;
using namespace weir::actors::receiving;
using namespace std::chrono_literals;

namespace {

/// Offsets of it are lines.
class hand_source final : public plan::replayable_source {
public:
  plan::record_form form() const override { return plan::record_form::lines; }
  result<std::vector<plan::source_partition>> partitions() const override {
    ++looks;
    if (fails)
      return fail(error_code::failed, "no broker");
    return all;
  }
  result<std::vector<plan::text_piece>> read(const offset_range& range, std::size_t) const override {
    ++reads;
    if (fails)
      return fail(error_code::failed, "no broker");
    std::string text;
    for (auto line = range.from; line < range.to; ++line)
      text += "x\n";
    return std::vector<plan::text_piece>{plan::text_piece_of(text)};
  }

  mutable int looks = 0, reads = 0;
  std::vector<plan::source_partition> all;
  bool fails = false;
};

struct job_queue : worker_factory {
  struct lane : worker {
    std::deque<std::function<void()>>* jobs;
    void post(std::function<void()> job) override { jobs->push_back(std::move(job)); }
  };
  std::shared_ptr<worker> make(const std::string& name) override {
    CHECK(name == "listing-0");
    auto made = std::make_shared<lane>();
    made->jobs = &jobs;
    return made;
  }
  std::deque<std::function<void()>> jobs;
};

/// The actor on virtual time. The coordinator is the test.
struct world {
  world() {
    services.application->settings.inputs = {parse_input_url("file:in").value()};
    services.node->replayable = {source};
    services.node->watch_directory = [](input_id) { return nullptr; };
    services.node->journal = journal;
    services.node->workers = threads;
    services.node->wall_clock_us = [] { return std::int64_t{0}; };
    services.node->random = [] { return std::uint64_t{77}; };
    services.application->fail = [this](const error& why) { failed.push_back(why); };
    config.set("scheduler.policy", caf::atom("testing"));
    register_messages(config);
    system.emplace(config);
    system->await_actors_before_shutdown(false);
    scheduler = &dynamic_cast<caf::scheduler::test_coordinator&>(system->scheduler());
    scheduler->clock().current_time += 1h;
    coordinator = system->spawn([this](caf::event_based_actor*) -> caf::behavior {
      return {[this](const offsets_found& message) {
                std::string all = "found";
                for (auto& each : message.partitions)
                  all += " " + each.name;
                messages.push_back(message.partitions.size() > 9 ? "found " + std::to_string(message.partitions.size())
                                                                 : all);
              },
              [this](const input_activity& message) { messages.push_back(in_words(message)); },
              [this](const input_drained& message) { messages.push_back(in_words(message)); },
              [this](const offsets_counted& message) {
                messages.push_back("counted " + std::to_string(message.question) + ": " +
                                   (message.failed ? "failed"
                                                   : std::to_string(message.whole_ranges) + " and to " +
                                                       std::to_string(message.cut_to) + ", " +
                                                       std::to_string(message.records) + " records"));
              }};
    });
    services.node->directory.enter({role::batch_coordinator, 0}, caf::actor_cast<caf::strong_actor_ptr>(coordinator));
    receiver = spawn_replay_receiver(*system, services.application, services.node, input_id{0});
    tell(report_input{epoch{1}, 77, 1, {}}).sent();
  }
  ~world() {
    services.node->directory.clear();
    caf::anon_send_exit(coordinator, caf::exit_reason::kill);
    caf::anon_send_exit(receiver, caf::exit_reason::kill);
    scheduler->clock().cancel_all();
    scheduler->run();
    threads->jobs.clear();
    coordinator = nullptr;
    receiver = nullptr;
  }
  template <class Message>
  world& tell(Message message) {
    caf::anon_send(receiver, std::move(message));
    scheduler->run();
    return *this;
  }
  world& pass(std::chrono::milliseconds time) {
    scheduler->clock().advance_time(time);
    scheduler->run();
    return *this;
  }
  world& work() {
    REQUIRE_FALSE(threads->jobs.empty());
    auto job = std::move(threads->jobs.front());
    threads->jobs.pop_front();
    job();
    scheduler->run();
    return *this;
  }
  world& add(const std::string& name) {
    source->all.push_back({name, 100, 1, false, 0, 1});
    return *this;
  }
  count_offsets question(std::uint64_t number, std::uint64_t most) const {
    return {epoch{1}, number, {{input_id{0}, "a", 100, 1, 0, 6}, {input_id{0}, "b", 100, 1, 0, 6}}, most};
  }
  words sent() { return std::exchange(messages, {}); }

  std::shared_ptr<hand_source> source = std::make_shared<hand_source>();
  std::shared_ptr<told_journal> journal = std::make_shared<told_journal>();
  std::shared_ptr<job_queue> threads = std::make_shared<job_queue>();
  process_services services;
  words messages;
  std::vector<error> failed;
  caf::actor_system_config config;
  std::optional<caf::actor_system> system;
  caf::scheduler::test_coordinator* scheduler = nullptr;
  caf::actor coordinator;
  replay_receiver_actor receiver;
};

} // namespace

TEST_CASE("what is new of a source is looked for again and again, by one look at a time, and said once",
          "[replay receiver]") {
  world w;
  CHECK(w.journal->take() == words{"started in"});
  w.add("a").add("b");
  CHECK(w.sent().empty()); // the look is the worker's
  w.tell(input_tick{1});
  CHECK(w.threads->jobs.size() == 1);
  w.work();
  CHECK(w.sent() == words{"found a b", "does not rest"});
  w.pass(99ms);
  CHECK(w.threads->jobs.empty());
  w.pass(1ms).work();
  CHECK(w.sent() == words{"rests"});
  w.add("c").pass(100ms).work();
  CHECK(w.sent() == words{"found c", "does not rest"});
}

TEST_CASE("many partitions are said in several messages", "[replay receiver]") {
  world w;
  for (int i = 0; i < 1030; ++i)
    w.add(std::to_string(i));
  w.work();
  CHECK(w.sent() == words{"found 512", "found 512", "found 1024 1025 1026 1027 1028 1029", "does not rest"});
}

TEST_CASE("a coordinator that starts anew is told all, and a look from before changes nothing", "[replay receiver]") {
  world w;
  w.add("a").work().sent();
  w.pass(100ms).tell(report_input{epoch{2}, 77, 1, {}});
  REQUIRE(w.threads->jobs.size() == 2); // one is of the former watch
  w.work();
  CHECK(w.sent().empty());
  w.work();
  CHECK(w.sent() == words{"found a", "does not rest"});
  w.pass(100ms);
  CHECK(w.threads->jobs.size() == 1); // the former watch looks no more
}

TEST_CASE("a source that cannot be asked is asked again, and people hear of it", "[replay receiver]") {
  world w;
  w.source->fails = true;
  w.add("a").work();
  CHECK(w.sent() == words{"does not rest"});
  CHECK(w.journal->told.size() == 3); // started, an event and the state of the receiver
  w.source->fails = false;
  w.pass(100ms).work();
  CHECK(w.sent() == words{"found a", "does not rest"});
  CHECK(w.failed.empty());
}

TEST_CASE("an input that drains looks no more, and what a look finds meanwhile is not taken", "[replay receiver]") {
  world w;
  w.add("a").journal->take();
  w.tell(drain_input{epoch{1}});
  CHECK(w.sent() == words{"drained through 0, epoch 0"});
  CHECK(w.journal->take() == words{"stopped: the application drains"});
  w.work();
  CHECK(w.sent().empty());
  w.pass(10s).tell(input_tick{1}).tell(w.question(1, 5));
  CHECK(w.threads->jobs.empty());
  w.tell(report_input{epoch{2}, 77, 1, {}}); // the word of it may have been lost
  CHECK(w.sent() == words{"drained through 0, epoch 0"});
  CHECK(w.threads->jobs.empty());
  CHECK(w.source->looks == 1);
}

TEST_CASE("records are counted once, however often the question is repeated", "[replay receiver]") {
  world w;
  w.work().sent();
  w.tell(w.question(1, 8)).tell(w.question(1, 8));
  CHECK(w.threads->jobs.size() == 1);
  w.work();
  CHECK(w.sent() == words{"counted 1: 1 and to 2, 8 records"});
  w.tell(w.question(1, 8)).work(); // the answer may have been lost
  CHECK(w.sent() == words{"counted 1: 1 and to 2, 8 records"});
  w.tell(w.question(2, 100)).tell(w.question(3, 3)).work().work();
  CHECK(w.sent() == words{"counted 2: 2 and to 0, 12 records", "counted 3: 0 and to 3, 3 records"});
  w.source->fails = true;
  w.tell(w.question(4, 8)).work();
  CHECK(w.sent() == words{"counted 4: failed"});
}
