#include "actors/sinks/sink.hpp"

#include <deque>
#include <functional>
#include <optional>

#include <catch2/catch.hpp>

#include <caf/scheduler/test_coordinator.hpp>

#include "actors/batch_coordinator/protocol.hpp"
#include "actors/runtime/process_services.hpp"
#include "actors/runtime/tree.hpp"
#include "libstream/api/dstream.hpp"
#include "libstream/data/checksum.hpp"
#include "libstream/log/memory_store.hpp"
#include "tests/unit/actors/sinks/memory_disk.hpp"

using namespace weir;
using namespace weir::actors;
using namespace std::chrono_literals;

namespace {

class told_journal final : public journal {
public:
  void input_bound(const std::string&) override {}
  void batch_committed(const batch_summary&) override {}
  void batch_done(batch_id, std::int64_t) override {}
  void actor_restarted(const address&, const std::string&) override {}
  void output_ended(batch_id batch, output_index output, std::int64_t, const std::string& failure) override {
    (failure.empty() ? successes : failures).emplace_back(output.value, batch.value);
  }
  void tell(const event& what) override { events.push_back(what); }
  void warning(const std::string&) override {}
  void detail(const std::string&) override {}

  std::vector<event> events;
  std::vector<std::pair<std::uint32_t, std::uint64_t>> failures, successes; ///< output, batch
};

constexpr std::uint64_t incarnation = 7; ///< of each sink

/// Jobs of all sinks, run when the test says so.
struct job_queue : worker_factory {
  struct lane : worker {
    std::deque<std::function<void()>>* jobs;
    void post(std::function<void()> job) override { jobs->push_back(std::move(job)); }
  };
  std::shared_ptr<worker> make(const std::string&) override {
    auto made = std::make_shared<lane>();
    made->jobs = &jobs;
    return made;
  }
  std::deque<std::function<void()>> jobs;
};

/// Two outputs on virtual time: 0 goes to a function of the test, 1 to files in memory. The coordinator is the test.
struct world {
  explicit world(error_policy policy) {
    stream_context ctx;
    auto all = [](std::string_view) { return true; };
    ctx.text_input().filter(all).named("rows").foreach_batch(
      [this](const dataset<std::string>& records, const batch_key& key) {
        calls.push_back(key.batch.value);
        if (fails && fails(key.batch.value))
          throw std::runtime_error{"no such table"};
        for (auto& record : records.collect())
          rows.push_back(record);
      });
    ctx.text_input().filter(all).named("files").save_as_text_files("out/words", "txt");
    services.application->plan = ctx.plan().value();
    services.application->settings.on_error = policy;
    services.application->settings.output_retry_limit = 300ms; // three attempts
    services.application->record.application = "tested";
    services.node->journal = heard;
    services.node->workers = threads;
    services.node->files = disk;
    services.use_store(std::make_shared<log::memory_store>());
    services.node->wall_clock_us = [] { return std::int64_t{0}; };
    services.node->random = [] { return incarnation; };
    services.application->fail = [this](const error& why) { failed.push_back(why); };
    config.set("scheduler.policy", caf::atom("testing"));
    register_messages(config);
    system.emplace(config);
    system->await_actors_before_shutdown(false);
    scheduler = &dynamic_cast<caf::scheduler::test_coordinator&>(system->scheduler());
    scheduler->clock().current_time += 1h;
    coordinator = system->spawn([this](caf::event_based_actor*) -> caf::behavior {
      return {[this](const batch_published& message) {
                published.emplace_back(message.output.value, message.batch.value);
                answered = message.epoch;
              },
              [this](const ready_to_publish& message) { ready.push_back(message.incarnation); }};
    });
    services.node->directory.enter({role::batch_coordinator, 0}, caf::actor_cast<caf::strong_actor_ptr>(coordinator));
    restart_sinks();
  }
  /// So that they know the settings as they are now.
  void restart_sinks() {
    for (auto& sink : sinks)
      caf::anon_send_exit(sink, caf::exit_reason::kill);
    sinks.clear();
    for (std::uint32_t i = 0; i < 2; ++i)
      sinks.push_back(spawn_sink(*system, services.application, services.node, output_index{i}));
    run();
  }
  ~world() {
    services.node->directory.clear();
    for (auto& sink : sinks)
      caf::anon_send_exit(sink, caf::exit_reason::kill);
    caf::anon_send_exit(coordinator, caf::exit_reason::kill);
    scheduler->clock().cancel_all();
    run();
    sinks.clear();
    coordinator = nullptr;
  }

  void run() {
    do {
      scheduler->run();
      if (!threads->jobs.empty()) {
        auto job = std::move(threads->jobs.front());
        threads->jobs.pop_front();
        job();
      }
    } while (scheduler->has_job() || !threads->jobs.empty());
  }
  /// Asks both outputs for batches 1 to `last`, as the coordinator does.
  void commit(std::uint64_t last) {
    for (std::uint64_t number = 1; number <= last; ++number)
      ask(number, 1);
    run();
  }
  /// Asks for one batch, of which a coordinator of that epoch knows `oldest` as the first that is unpublished.
  void ask(std::uint64_t number, std::uint64_t oldest, epoch asker = epoch{1}) {
    log::commit_record record;
    record.id = batch_id{number};
    record.time_ms = static_cast<std::int64_t>(number * 1000);
    record.epoch = epoch{1};
    record.view = view_id{1};
    std::string framed, line = "row" + std::to_string(number);
    operators::append_framed(framed, line);
    line += '\n';
    for (auto& [name, bytes] : {std::pair{"rows", framed}, std::pair{"files", line}}) {
      record.parts.push_back({name, 0, bytes.size(), 1, data::checksum(bytes)});
      services.node->staging.put({record.epoch, record.view}, record.id, name, 0,
                                 std::make_shared<const std::string>(bytes));
    }
    std::sort(record.parts.begin(), record.parts.end());
    for (auto& sink : sinks)
      caf::anon_send(
        sink, publish_batch{asker, record, batch_id{oldest}, incarnation, batch_id{number > oldest ? number - 1 : 0}});
  }
  void pass(std::chrono::milliseconds time) {
    scheduler->clock().advance_time(time);
    run();
  }
  std::vector<std::uint64_t> published_by(std::uint32_t output) const {
    std::vector<std::uint64_t> batches;
    for (auto& [which, batch] : published)
      if (which == output)
        batches.push_back(batch);
    return batches;
  }
  std::vector<std::string> told(const std::string& name) const {
    std::vector<std::string> sentences;
    for (auto& each : heard->events)
      if (each.name == name)
        sentences.push_back(each.message);
    return sentences;
  }

  std::function<bool(std::uint64_t)> fails;
  std::vector<std::uint64_t> calls; ///< of the function: batches
  std::vector<std::string> rows;
  std::vector<error> failed; ///< what ended the application
  std::vector<std::pair<std::uint32_t, std::uint64_t>> published;
  std::vector<std::uint64_t> ready; ///< incarnations that said so
  epoch answered;                   ///< to this coordinator
  std::shared_ptr<weir::testing::memory_disk> disk = std::make_shared<weir::testing::memory_disk>();
  std::shared_ptr<told_journal> heard = std::make_shared<told_journal>();
  std::shared_ptr<job_queue> threads = std::make_shared<job_queue>();
  process_services services;
  caf::actor_system_config config;
  std::optional<caf::actor_system> system;
  caf::scheduler::test_coordinator* scheduler = nullptr;
  caf::actor coordinator;
  std::vector<sink_actor> sinks;
};

using numbers = std::vector<std::uint64_t>;

} // namespace

TEST_CASE("an output that fails is tried again after pauses, its later batches wait, and others go on", "[sink]") {
  world in{error_policy::stop};
  auto left = 2;
  in.fails = [&](std::uint64_t batch) { return batch == 2 && left-- > 0; };
  in.commit(3);
  CHECK(in.calls == numbers{1, 2});
  CHECK(in.published_by(0) == numbers{1});
  CHECK(in.published_by(1) == numbers{1, 2, 3});
  CHECK(in.disk->visible("").count("out/words-3000.txt/part-00000") == 1);
  in.pass(99ms);
  CHECK(in.calls == numbers{1, 2});
  in.pass(1ms);
  CHECK(in.calls == numbers{1, 2, 2});
  in.pass(199ms);
  CHECK(in.calls == numbers{1, 2, 2});
  in.pass(1ms);
  CHECK(in.calls == numbers{1, 2, 2, 2, 3});
  CHECK(in.rows == std::vector<std::string>{"row1", "row2", "row3"});
  CHECK(in.published_by(0) == numbers{1, 2, 3});
  CHECK(in.failed.empty());
  CHECK(in.heard->failures == std::vector<std::pair<std::uint32_t, std::uint64_t>>{{0, 2}, {0, 2}});
  CHECK(in.told("output_retried") ==
        std::vector<std::string>{"user function of output rows, batch 2: no such table; mend the function or what it "
                                 "writes to, or see on_error; it is tried again for 300ms (output_retry_limit); "
                                 "nothing is lost"}); // once, not at each attempt
}

TEST_CASE("without a limit an output that fails is tried until it succeeds, and it is said when it goes on", "[sink]") {
  world in{GENERATE(error_policy::stop, error_policy::skip, error_policy::isolate)};
  in.services.application->settings.output_retry_limit = for_ever;
  auto works = false;
  in.fails = [&](std::uint64_t batch) { return batch == 2 && !works; };
  in.restart_sinks();
  in.commit(3);
  for (int i = 0; i < 720; ++i)
    in.pass(5s); // an hour
  CHECK(in.failed.empty());
  CHECK(in.published_by(0) == numbers{1});
  CHECK(in.published_by(1) == numbers{1, 2, 3});
  CHECK(in.told("output_goes_on").empty());
  auto told = in.told("output_retried");
  CHECK(told.size() >= 55); // once a minute
  CHECK(told.size() <= 61);
  CHECK_THAT(told.front(), Catch::EndsWith("it is tried again until it succeeds; nothing is lost"));
  CHECK_THAT(
    told.at(1),
    Catch::Matches(".*it is tried again until it succeeds, it has failed 1[0-9] times in 6[0-9] s; nothing is lost"));
  works = true;
  in.pass(5s);
  CHECK(in.rows == std::vector<std::string>{"row1", "row2", "row3"});
  CHECK(in.published_by(0) == numbers{1, 2, 3});
  REQUIRE(in.told("output_goes_on").size() == 1);
  CHECK_THAT(in.told("output_goes_on").front(), Catch::StartsWith("output rows has taken batch 2 after 7"));
}

TEST_CASE(
  "files that were written before and fail now are written anew, under their temporary name, until the disk works",
  "[sink]") {
  world in{error_policy::stop};
  in.services.application->settings.output_retry_limit = for_ever;
  in.restart_sinks();
  in.commit(1);
  in.disk->failing = "write out/.words-2000.txt.tmp/part-00000";
  in.commit(3);
  for (int i = 0; i < 20; ++i)
    in.pass(5s);
  CHECK(in.published_by(1) == numbers{1, 1});
  CHECK_THAT(in.told("output_retried").front(), Catch::Contains("words-2000"));
  in.disk->failing.clear();
  in.pass(5s);
  CHECK(in.published_by(1) == numbers{1, 1, 2, 3});
  CHECK(in.disk->visible("").count("out/words-2000.txt/part-00000") == 1);
  CHECK(in.failed.empty());
}

TEST_CASE("repeated requests do not call a failing function more often", "[sink]") {
  world in{error_policy::stop};
  in.fails = [](std::uint64_t) { return true; };
  in.commit(2);
  in.commit(2);
  in.pass(50ms);
  in.commit(2);
  CHECK(in.calls == numbers{1});
  in.pass(50ms);
  CHECK(in.calls == numbers{1, 1});
  in.commit(2);
  CHECK(in.calls == numbers{1, 1});
}

TEST_CASE("under stop an output that fails too often ends the application, and says which batch and why", "[sink]") {
  world in{error_policy::stop};
  in.fails = [](std::uint64_t batch) { return batch == 2; };
  in.commit(3);
  for (int i = 0; i < 100; ++i)
    in.pass(100ms);
  CHECK(in.calls == numbers{1, 2, 2, 2});
  REQUIRE(in.failed.size() == 1);
  CHECK(in.failed[0].exit_code() == 1);
  CHECK_THAT(in.failed[0].message(), Catch::StartsWith("user function of output rows, batch 2: no such table"));
  CHECK(in.published_by(0) == numbers{1}); // the log keeps the others
  CHECK(in.published_by(1) == numbers{1, 2, 3});
}

TEST_CASE("under skip and isolate the batch is left out of this output alone, with a warning, and the next one follows",
          "[sink]") {
  world in{GENERATE(error_policy::skip, error_policy::isolate)};
  in.fails = [](std::uint64_t batch) { return batch == 2; };
  in.commit(3);
  in.pass(100ms);
  in.pass(200ms);
  CHECK(in.calls == numbers{1, 2, 2, 2, 3});
  CHECK(in.rows == std::vector<std::string>{"row1", "row3"});
  CHECK(in.published_by(0) == numbers{1, 2, 3});
  CHECK(in.published_by(1) == numbers{1, 2, 3});
  CHECK(in.failed.empty());
  auto told = in.told("output_left_out");
  REQUIRE(told.size() == 1);
  CHECK_THAT(told[0], Catch::StartsWith("output rows is without batch 2: user function of output rows, batch 2: no "
                                        "such table"));
  CHECK(in.heard->events.back().batch == batch_id{2});
  CHECK(in.heard->failures.size() == 3);
}

TEST_CASE("files that cannot be written at all since the start end the application at once", "[sink]") {
  world in{error_policy::stop};
  in.disk->failing = "write out/.words-1000.txt.tmp/part-00000";
  in.commit(2);
  CHECK(in.published_by(0) == numbers{1, 2});
  in.pass(10s);
  REQUIRE(in.failed.size() == 1);
  CHECK(in.failed[0].code == error_code::disk);
}

TEST_CASE("a function that fails while the application ends loses no batch", "[sink]") {
  world in{error_policy::skip};
  in.fails = [&](std::uint64_t) {
    for (auto& target : in.services.application->plan->outputs()[0].targets)
      target.destination->cancel(); // meanwhile
    return true;
  };
  in.commit(1);
  in.pass(10s);
  CHECK(in.calls == numbers{1});
  CHECK(in.published_by(0).empty());
  CHECK(in.told("output_left_out").empty());
}

TEST_CASE("a sink that starts anew publishes nothing before the oldest batch, whatever it is asked for first",
          "[sink]") {
  world in{error_policy::stop};
  in.commit(1);
  in.restart_sinks();
  in.ask(3, 2); // what was on its way to its predecessor
  in.run();
  CHECK(in.calls == numbers{1});
  in.ask(2, 2);
  in.run();
  CHECK(in.calls == numbers{1, 2});
  in.ask(3, 2);
  in.run();
  CHECK(in.calls == numbers{1, 2, 3});
  CHECK(in.published_by(0) == numbers{1, 2, 3});
  CHECK(in.published_by(1) == numbers{1, 2, 3});
}

TEST_CASE("a batch that is asked for again is answered, to the newest coordinator, and published once", "[sink]") {
  world in{error_policy::stop};
  in.commit(2);
  CHECK(in.answered == epoch{1});
  in.ask(2, 2, epoch{2});
  in.run();
  CHECK(in.answered == epoch{2});
  in.ask(1, 1); // late, of the coordinator before
  in.run();
  CHECK(in.answered == epoch{2});
  CHECK(in.calls == numbers{1, 2});
  CHECK(in.rows == std::vector<std::string>{"row1", "row2"});
  CHECK(in.published_by(0) == numbers{1, 2, 2});
  CHECK(in.heard->successes.size() == 4); // two batches of two outputs
}

TEST_CASE("a batch that is asked for again while it is published is not published twice", "[sink]") {
  world in{error_policy::stop};
  for (int time = 0; time < 2; ++time) {
    in.ask(1, 1);
    in.scheduler->run(); // the outputs' threads have not begun
  }
  in.run();
  CHECK(in.heard->successes == std::vector<std::pair<std::uint32_t, std::uint64_t>>{{0, 1}, {1, 1}});
  CHECK(in.published_by(0) == numbers{1});
}

TEST_CASE("each batch of a sink has its own time to fail, whatever an earlier one took", "[sink]") {
  world in{error_policy::skip};
  in.fails = [](std::uint64_t batch) { return batch < 3; };
  in.commit(3);
  for (int i = 0; i < 10; ++i)
    in.pass(100ms);
  CHECK(in.calls == numbers{1, 1, 1, 2, 2, 2, 3});
  CHECK(in.told("output_left_out").size() == 2);
  CHECK(in.rows == std::vector<std::string>{"row3"});
}

TEST_CASE("a sink takes no batch before the one that it follows, and none that was meant for another incarnation",
          "[sink]") {
  world in{error_policy::stop};
  in.run();
  in.ready.clear();
  log::commit_record record;
  record.epoch = epoch{2};
  auto ask = [&](std::uint64_t batch, std::uint64_t after, std::uint64_t whom = incarnation,
                 epoch by = epoch{2}) -> numbers {
    record.id = batch_id{batch};
    caf::anon_send(in.sinks[0], publish_batch{by, record, batch_id{2}, whom, batch_id{after}});
    in.run();
    return in.published_by(0);
  };
  CHECK(
    ask(4, 2).empty()); // those before it are lost, or late; and it is the sink's first message, so it says who it is
  in.ready.clear();
  CHECK(ask(2, 0, incarnation - 1).empty());
  CHECK(in.ready == std::vector<std::uint64_t>{incarnation});
  CHECK(ask(2, 0) == numbers{2});
  CHECK(ask(6, 4) == numbers{2});
  CHECK(ask(4, 2) == numbers{2, 4});
  CHECK(ask(6, 4) == numbers{2, 4, 6});
  CHECK(ask(4, 2) == numbers{2, 4, 6, 4});                        // the answer was lost
  CHECK(ask(8, 6, incarnation, epoch{1}) == numbers{2, 4, 6, 4}); // of an older coordinator, which comes late
  CHECK(in.calls == numbers{2, 4, 6});
  CHECK(in.failed.empty());
}
