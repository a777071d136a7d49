#include "actors/partition_executor/partition_executor.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <optional>

#include <caf/scheduler/test_coordinator.hpp>

#include "actors/batch_coordinator/protocol.hpp"
#include "actors/runtime/tree.hpp"
#include "tests/unit/actors/partition_executor/counting_node.hpp"

using namespace weir;
using namespace weir::actors;
using namespace weir::testing;
using namespace std::chrono_literals;

namespace {

/// Jobs of all task threads, run when the test says so.
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

using words = std::vector<std::string>;

/// Executor 0 on virtual time. Its task thread, the other executor, if there is one, and the coordinator are the test.
struct world : counting_node {
  explicit world(std::uint32_t executors = 1) : owners{placement::of_one_node(executors)} {
    services.application->settings.executors = executors;
    services.node->workers = threads;
    services.node->wall_clock_us = [] { return std::int64_t{42}; };
    services.application->fail = [this](const error& why) { failed.push_back(why); };
    config.set("scheduler.policy", caf::atom("testing"));
    register_messages(config);
    system.emplace(config);
    system->await_actors_before_shutdown(false);
    scheduler = &dynamic_cast<caf::scheduler::test_coordinator&>(system->scheduler());
    scheduler->clock().current_time += 1h;
    enter({role::batch_coordinator, 0}, {[this](const task_finished& message) {
                                           finished.push_back(message);
                                           hears("finished", message.batch, message.stage, message.task);
                                         },
                                         [this](const task_failed& message) {
                                           errors.push_back(message);
                                           heard_messages.push_back("failed");
                                         },
                                         [this](const task_poisoned& message) {
                                           poisoned.push_back(message);
                                           heard_messages.push_back(message.skip ? "skip" : "poisoned");
                                         }});
    if (executors > 1)
      enter({role::partition_executor, 1},
            {[this](const map_output_ready& message) { hears("ready", message.batch, message.stage, message.task); }});
    start();
  }
  ~world() {
    services.node->directory.clear();
    for (auto& peer : peers)
      caf::anon_send_exit(peer, caf::exit_reason::kill);
    stop();
    scheduler->clock().cancel_all();
    scheduler->run();
    threads->jobs.clear();
    peers.clear();
  }

  void start() {
    executor = spawn_partition_executor(*system, services.application, services.node, 0);
    services.node->directory.enter({role::partition_executor, 0}, caf::actor_cast<caf::strong_actor_ptr>(executor));
    scheduler->run();
  }
  void stop() {
    services.node->directory.leave({role::partition_executor, 0});
    caf::anon_send_exit(executor, caf::exit_reason::kill);
    scheduler->run();
    executor = nullptr;
  }
  void enter(const address& who, caf::behavior behaviour) {
    peers.push_back(system->spawn([behaviour](caf::event_based_actor*) { return behaviour; }));
    services.node->directory.enter(who, caf::actor_cast<caf::strong_actor_ptr>(peers.back()));
  }
  void hears(const std::string& message, batch_id batch, stage_index stage, task_index task) {
    heard_messages.push_back(message + " " + std::to_string(batch.value) + "/" + std::to_string(stage.value) + "/" +
                             std::to_string(task.value));
  }
  template <class Message>
  world& tell(Message message) {
    caf::anon_send(executor, std::move(message));
    scheduler->run();
    return *this;
  }
  world& announce(const log::batch_record& record, const attempt& of = first_attempt) {
    return tell(run_batch{of, record, owners});
  }
  world& forget(std::uint64_t batch) { return tell(forget_batch{epoch{1}, batch_id{batch}}); }
  /// A small batch with so many map tasks, each of which reads `first_block` and those behind it, one each.
  log::batch_record small_batch(std::uint64_t number, std::uint64_t map_tasks = 1, std::uint64_t first_block = 1) {
    std::vector<log::split> splits;
    for (std::uint64_t i = 0; i < map_tasks; ++i)
      splits.push_back(blocks(first_block + i, first_block + i));
    return batch(number, splits);
  }
  /// A batch whose tasks go to the thread one by one.
  static log::batch_record large(log::batch_record record) {
    record.bytes = limits::split_bytes + 1;
    return record;
  }
  /// The task thread does what it has been given, and no more.
  world& work() {
    REQUIRE(threads->jobs.size() == 1); // one thread, which has one errand at a time
    CHECK(threads->jobs.front().first == "executor-0");
    auto job = std::move(threads->jobs.front().second);
    threads->jobs.pop_front();
    job();
    scheduler->run();
    return *this;
  }
  world& work_on() {
    while (!threads->jobs.empty())
      work();
    return *this;
  }
  world& pass(std::chrono::milliseconds time) {
    scheduler->clock().advance_time(time);
    scheduler->run();
    return *this;
  }
  bool idle() const { return threads->jobs.empty(); }
  /// What was heard since it was asked last; what one peer heard comes in its order, before what the other heard.
  words news() {
    std::stable_partition(heard_messages.begin(), heard_messages.end(),
                          [](auto& message) { return !message.starts_with("ready"); });
    return std::exchange(heard_messages, {});
  }

  placement owners;
  std::shared_ptr<job_queue> threads = std::make_shared<job_queue>();
  words heard_messages;
  std::vector<task_finished> finished;
  std::vector<task_poisoned> poisoned;
  std::vector<error> failed;
  std::vector<task_failed> errors; ///< that the coordinator was told of
  caf::actor_system_config config;
  std::optional<caf::actor_system> system;
  caf::scheduler::test_coordinator* scheduler = nullptr;
  std::vector<caf::actor> peers;
  partition_executor_actor executor;
};

const std::string text = "to be or not to be\n", more = "that is the question to ask\n";

} // namespace

TEST_CASE("an announced batch is computed stage by stage, and each task is reported to the coordinator", "[executor]") {
  world w;
  w.keep_block(1, text);
  w.keep_block(2, more);
  w.announce(w.small_batch(1, 2));
  CHECK(w.news().empty());
  w.work();
  CHECK(w.news() == words{"finished 1/0/0", "finished 1/0/1"});
  w.work();
  CHECK(w.news() == words{"finished 1/1/0", "finished 1/1/1"});
  CHECK(w.idle());
  CHECK(w.counts(1) == counted(text + more));
  REQUIRE(w.finished.size() == 4);
  CHECK(w.finished[0].attempt == first_attempt);
  CHECK(w.finished[0].records == 1);
  CHECK(w.finished[0].parts.empty());
  CHECK((w.finished[2].parts.size() + w.finished[3].parts.size()) > 0);
  CHECK(w.heard->started == std::vector<std::pair<std::uint64_t, std::int64_t>>{{1, 42}, {1, 42}});
}

TEST_CASE("an executor runs its own tasks only, and tells the others of those that they wait for", "[executor]") {
  world w{2};
  w.keep_block(1, text);
  w.keep_block(3, more);
  w.announce(w.small_batch(1, 3)).work();
  CHECK(w.news() == words{"finished 1/0/0", "finished 1/0/2", "ready 1/0/0", "ready 1/0/2"});
  CHECK(w.idle()); // task 1 is the other executor's
  w.tell(map_output_ready{first_attempt, batch_id{1}, stage_index{0}, task_index{1}});
  w.work();
  CHECK(w.news() == words{"finished 1/1/0"}); // nobody waits for the last stage
  CHECK(w.idle());
}

TEST_CASE("a busy thread is given nothing, and then the oldest batch goes first", "[executor]") {
  world w;
  w.keep_block(1, text);
  w.announce(w.large(w.small_batch(2)));
  CHECK(w.threads->jobs.size() == 1);
  w.announce(w.large(w.small_batch(3))).announce(w.large(w.small_batch(1)));
  CHECK(w.threads->jobs.size() == 1);
  w.work();
  CHECK(w.news() == words{"finished 2/0/0"});
  w.work();
  CHECK(w.news() == words{"finished 1/0/0"});
  w.work(); // what was heard of when the thread became free
  CHECK(w.news() == words{"finished 2/1/0"});
  w.work_on();
  CHECK(w.news() == words{"finished 1/1/0", "finished 1/1/1", "finished 2/1/1", "finished 3/0/0", "finished 3/1/0",
                          "finished 3/1/1"});
}

TEST_CASE("a batch that is announced again is not computed again, and all that was said of it is said again",
          "[executor]") {
  world w{2};
  w.keep_block(1, text);
  auto record = w.small_batch(1);
  w.announce(record).work();
  auto first_time = w.news();
  CHECK(first_time == words{"finished 1/0/0", "ready 1/0/0"});
  w.announce(record);
  CHECK(w.news() == first_time);
  CHECK(w.finished[0].records == w.finished[1].records);
  w.work().news();
  w.announce(record);
  CHECK(w.news() == words{"finished 1/0/0", "finished 1/1/0", "ready 1/0/0"});
  CHECK(w.finished.back().parts == w.finished[2].parts);
  CHECK(w.idle());
  w.forget(1);
  w.announce(record);
  CHECK(w.news().empty());
  CHECK(w.idle());
}

TEST_CASE("what an older attempt's task ends with is dropped, and the newer attempt computes all of it", "[executor]") {
  world w;
  w.keep_block(1, text);
  w.announce(w.small_batch(1)).announce(w.small_batch(1), second_attempt);
  w.work(); // of the first attempt
  CHECK(w.news().empty());
  w.work_on();
  CHECK(w.news() == words{"finished 1/0/0", "finished 1/1/0", "finished 1/1/1"});
  for (auto& each : w.finished)
    CHECK(each.attempt == second_attempt);
  CHECK(w.counts(1, second_attempt) == counted(text));
  w.announce(w.small_batch(1)); // late
  CHECK(w.news().empty());
  CHECK(w.idle());
}

TEST_CASE("a committed batch gives its room back, and what is still under way for it is dropped", "[executor]") {
  world w;
  w.keep_block(1, text);
  w.announce(w.small_batch(1)).work();
  CHECK(w.services.node->exchange.held_bytes() > 0);
  w.work();
  CHECK(w.services.node->staging.unpublished_bytes() == 0);
  w.forget(1);
  CHECK(w.services.node->exchange.held_bytes() == 0);
  CHECK(w.services.node->staging.unpublished_bytes() == w.services.node->staging.bytes());
  CHECK(w.services.node->staging.bytes() > 0);
  w.announce(w.small_batch(2)).news();
  w.forget(2).work(); // another executor's work was enough
  CHECK(w.news().empty());
  CHECK(w.services.node->exchange.held_bytes() == 0);
}

TEST_CASE("without room in the exchange a younger batch waits until the oldest one is forgotten", "[executor]") {
  world w;
  w.services.node->exchange.bound(1, nullptr); // what a task makes is kept all the same
  w.keep_block(1, text);
  w.announce(w.large(w.small_batch(1))).work();
  CHECK_FALSE(w.services.node->exchange.has_room());
  w.announce(w.large(w.small_batch(2)));
  w.work_on(); // the oldest goes on without room
  CHECK(w.news() == words{"finished 1/0/0", "finished 1/1/0", "finished 1/1/1"});
  CHECK(w.idle());
  w.announce(w.large(w.small_batch(3)));
  CHECK(w.idle());
  w.forget(1);
  CHECK_FALSE(w.idle());
  w.work();
  CHECK(w.news() == words{"finished 2/0/0"});
}

TEST_CASE("a task that a full disk refuses runs again after a pause, while others go on, and is told of once",
          "[executor]") {
  world w;
  w.services.application->settings.disk_full_retry = 500ms;
  w.services.node->exchange.bound(0, w.disk);
  w.keep_block(1, text);
  w.keep_block(2, more);
  w.disk->full = true;
  w.announce(w.small_batch(1, 2)).work();
  CHECK(w.news().empty());
  CHECK(w.idle());
  REQUIRE(w.heard->warnings.size() == 1);
  CHECK_THAT(w.heard->warnings[0], Catch::Contains("no room") && Catch::Contains("nothing is lost"));
  w.pass(499ms);
  CHECK(w.idle());
  w.pass(1ms).work(); // again in vain
  CHECK(w.heard->warnings.size() == 1);
  CHECK(w.news().empty());
  w.disk->full = false;
  CHECK(w.idle());
  w.pass(500ms).work_on();
  CHECK(w.news() == words{"finished 1/0/0", "finished 1/0/1", "finished 1/1/0", "finished 1/1/1"});
  CHECK(w.counts(1) == counted(text + more));
  REQUIRE(w.heard->warnings.size() == 2);
  CHECK_THAT(w.heard->warnings[1], Catch::StartsWith("there is room again after 1000 ms"));
  CHECK(w.failed.empty());
  w.pass(5s);
  CHECK(w.idle());
}

TEST_CASE("what a full disk refused does not run again for an older attempt or a committed batch", "[executor]") {
  world w;
  w.services.application->settings.disk_full_retry = 500ms;
  w.services.node->exchange.bound(0, w.disk);
  w.keep_block(1, text);
  w.disk->full = true;
  w.announce(w.small_batch(1)).work();
  w.announce(w.small_batch(1), second_attempt).work();
  w.pass(500ms);
  w.work(); // once, for the newer attempt
  CHECK(w.idle());
  w.forget(1).pass(500ms);
  CHECK(w.idle());
  w.disk->full = false;
  w.announce(w.small_batch(2), second_attempt).work_on();
  CHECK(w.news() == words{"finished 2/0/0", "finished 2/1/0", "finished 2/1/1"});
}

TEST_CASE(
  "the coordinator hears of an error of a task, with its code and words, and again if the batch is announced again",
  "[executor]") {
  world w;
  w.keep_block(1, text);
  w.fails_on_line = [](std::string_view) { return true; };
  auto record = w.small_batch(1);
  w.announce(record).work();
  CHECK(w.news() == words{"failed"});
  CHECK(w.errors[0].attempt == first_attempt);
  CHECK(w.errors[0].batch == batch_id{1});
  CHECK(w.errors[0].code == static_cast<std::uint32_t>(error_code::failed));
  CHECK_THAT(w.errors[0].problem, Catch::Contains("operator lines, batch 1, partition 0"));
  w.announce(record);
  CHECK(w.news() == words{"failed"});
  CHECK(w.failed.empty()); // the coordinator knows whether the attempt still counts
}

TEST_CASE("what an older coordinator says late is not done", "[executor]") {
  world w;
  w.keep_block(1, text);
  attempt newer{epoch{3}, view_id{1}};
  auto record = w.small_batch(1);
  w.announce(record, newer);
  w.tell(forget_batch{epoch{2}, batch_id{1}});
  w.work_on();
  CHECK(w.news() == words{"finished 1/0/0", "finished 1/1/0", "finished 1/1/1"});
}

TEST_CASE("the failure of an attempt that is over does not end the application", "[executor]") {
  world w;
  w.keep_block(1, text);
  w.fails_on_line = [](std::string_view) { return true; };
  w.announce(w.small_batch(1)).forget(1).work();
  CHECK(w.errors.empty());
}

TEST_CASE("a batch that is announced in parts is computed once all parts have come", "[executor]") {
  world w;
  w.keep_block(1, text);
  w.keep_block(2, more);
  auto parts = parts_of(run_batch{first_attempt, w.small_batch(1, 2), w.owners}, {4, most_message_bytes});
  REQUIRE(parts.size() == 2);
  w.tell(parts[1]).tell(parts[1]);
  CHECK(w.idle());
  w.tell(parts[0]).work();
  CHECK(w.news() == words{"finished 1/0/0", "finished 1/0/1"});
}

TEST_CASE("records that fail are reported to the coordinator, again if the batch is announced again", "[executor]") {
  world w;
  auto skip = GENERATE(true, false);
  w.services.application->settings.on_error = skip ? error_policy::skip : error_policy::isolate;
  w.keep_block(1, text + more);
  w.fails_on_line = [](std::string_view line) { return line.starts_with("that"); };
  auto record = w.small_batch(1);
  w.announce(record).work();
  REQUIRE(w.news() == words{skip ? "skip" : "poisoned"});
  CHECK(w.poisoned[0].attempt == first_attempt);
  CHECK(w.poisoned[0].batch == batch_id{1});
  CHECK(std::pair{w.poisoned[0].stage, w.poisoned[0].task} == std::pair{stage_index{0}, task_index{0}});
  CHECK_THAT(w.poisoned[0].problem, Catch::Contains("a bad line"));
  CHECK(w.idle()); // what reads its runs waits
  w.announce(record);
  CHECK(w.news() == words{skip ? "skip" : "poisoned"});
  CHECK(w.poisoned[1].excluded == w.poisoned[0].excluded);
  if (skip)
    return;
  REQUIRE(w.poisoned[0].excluded.size() == 1);
  record.amendment = {1, false, w.poisoned[0].excluded};
  w.announce(record, second_attempt).work_on();
  CHECK(w.news() == words{"finished 1/0/0", "finished 1/1/0", "finished 1/1/1"});
  CHECK(w.counts(1, second_attempt) == counted(text));
  CHECK(w.finished[0].parts.size() == 1); // the dead letters
}

TEST_CASE("of a batch whose blocks were lost before its seal nothing is said", "[executor]") {
  world w;
  w.announce(w.small_batch(1)).work();
  CHECK(w.news().empty());
  CHECK(w.failed.empty());
  CHECK(w.idle());
}

TEST_CASE("records that are too long are told of with their number and their batch", "[executor]") {
  world w;
  w.services.application->settings.max_record_bytes = 20;
  w.keep_block(1, text + more + more);
  w.announce(w.small_batch(7)).work();
  REQUIRE(w.heard->events.size() == 1);
  auto& told = w.heard->events[0];
  CHECK(told.name == std::string{"records_skipped"});
  CHECK(told.batch == batch_id{7});
  CHECK(told.actor == address{role::partition_executor, 0});
  CHECK(told.message == "batch 7: skipped 2 records longer than max_record_bytes (20)");
  w.work_on();
  CHECK(w.heard->events.size() == 1); // not by the reduce tasks
  CHECK(w.counts(7) == counted(text));
}

TEST_CASE("an executor that starts anew computes what is announced, whatever its predecessor's thread was at",
          "[executor]") {
  world w;
  w.keep_block(1, text);
  w.announce(w.small_batch(1));
  w.stop();
  w.start();
  w.announce(w.small_batch(1), second_attempt);
  REQUIRE(w.threads->jobs.size() == 2);
  auto of_the_predecessor = std::move(w.threads->jobs.front().second);
  w.threads->jobs.pop_front();
  of_the_predecessor();
  w.scheduler->run();
  CHECK(w.news().empty());
  w.work_on();
  CHECK(w.news() == words{"finished 1/0/0", "finished 1/1/0", "finished 1/1/1"});
  CHECK(w.counts(1, second_attempt) == counted(text));
}
