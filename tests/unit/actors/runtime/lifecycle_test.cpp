// The life of a context on the real runtime: Spark's StreamingContextSuite and StreamingListenerSuite, as far as they apply. docs/lifecycle.md
// says which case is where.
#include "actors/runtime/get_or_create.hpp"

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <future>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <catch2/catch.hpp>

#include "actors/monitor/composite_journal.hpp"
#include "libstream/api/dstream.hpp"
#include "libstream/api/receiver.hpp"
#include "libstream/log/data_directory.hpp"
#include "libstream/log/set_aside.hpp"
#include "tests/unit/actors/runtime/tested_context.hpp"

using namespace weir;
using namespace weir::actors;
using namespace std::chrono_literals;
using namespace weir::actors::testing_contexts;

namespace {
class collector final : public streaming_listener {
public:
  void on_streaming_started(event_time) override { note("streaming"); }
  void on_receiver_started(const receiver_info& r) override { note("receiver started " + r.location); }
  void on_receiver_stopped(const receiver_info&) override { note("receiver stopped"); }
  void on_receiver_error(const receiver_info& r) override { note("receiver error " + r.last_error); }
  void on_batch_submitted(const batch_info&) override { note("submitted"); }
  void on_batch_started(const batch_info&) override { note("started"); }
  void on_batch_completed(const batch_info& b) override {
    {
      std::lock_guard guard{mutex_};
      batches_.push_back(b);
    }
    note("completed");
  }
  void on_output_operation_started(const output_operation_info&) override { note("output started"); }
  void on_output_operation_completed(const output_operation_info&) override { note("output completed"); }

  void await(const std::string& what) {
    std::unique_lock guard{mutex_};
    REQUIRE(changed_.wait_for(guard, patience, [&] { return std::count(seen_.begin(), seen_.end(), what) > 0; }));
  }
  std::vector<std::string> seen() {
    std::lock_guard guard{mutex_};
    return seen_;
  }
  std::vector<batch_info> batches() {
    std::lock_guard guard{mutex_};
    return batches_;
  }

private:
  void note(std::string what) {
    std::lock_guard guard{mutex_};
    seen_.push_back(std::move(what));
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> seen_;
  std::vector<batch_info> batches_;
};

} // namespace

TEST_CASE("await blocks, and returns when another thread stops (StreamingContextSuite)", "[lifecycle]") {
  fixture f;
  stream_context ctx;
  echo(ctx);
  REQUIRE(ctx.start(f.drive()));
  CHECK(ctx.await_termination_or_timeout(1ms).value() == false);
  auto awaited = std::async(std::launch::async, [&] { return ctx.await_termination(); });
  CHECK(ctx.stop());
  CHECK(awaited.get());
  CHECK(ctx.get_state() == stream_context::state::stopped);
  CHECK(ctx.await_termination_or_timeout(1ms).value() == true);
}

TEST_CASE("a graceful stop ends an application without inputs, also before its first batch", "[lifecycle]") {
  for (int again = 0; again < 5; ++again) {
    fixture f;
    f.options.settings.inputs.clear();
    stream_context ctx;
    ctx.constant<int>({1}).print();
    REQUIRE(ctx.start(f.drive()));
    auto stopped = ctx.stop(true);
    INFO((stopped ? "" : stopped.error().message()));
    CHECK(stopped);
  }
}

TEST_CASE("await tells the error of a task, again and again, and the application has stopped (StreamingContextSuite)",
          "[lifecycle]") {
  fixture f;
  f.write("a", "x\n");
  stream_context ctx;
  ctx.text_input().map([](std::string_view) -> int { throw std::runtime_error{"map task"}; }).named("broken").print();
  REQUIRE(ctx.start(f.drive()));
  for (int again = 0; again < 2; ++again) {
    auto ended = ctx.await_termination();
    REQUIRE_FALSE(ended);
    CHECK(ended.error().message().find("map task") != std::string::npos);
    CHECK(ctx.get_state() == stream_context::state::stopped);
  }
  CHECK(ctx.stop(true));
  CHECK_FALSE(ctx.await_termination_or_timeout(1ms));
}

TEST_CASE("a graceful stop publishes what was sealed, and counts are whole (StreamingContextSuite)", "[lifecycle]") {
  fixture f;
  f.write("a", "one\ntwo\nthree\n");
  stream_context ctx;
  echo(ctx);
  REQUIRE(ctx.start(f.drive()));
  f.printed->await("three");
  CHECK(ctx.stop(true));
  CHECK(ctx.stop(true));
  CHECK(f.printed->text().find("one\ntwo\nthree\n") != std::string::npos);
}

TEST_CASE("a graceful stop ends at its limit, and says what was left", "[lifecycle]") {
  fixture f;
  f.write("a", "one\n");
  f.printed->block(true);
  // Its thread is joined at the end, so it is let go when the limit strikes.
  class watcher final : public composite_journal {
  public:
    explicit watcher(std::shared_ptr<printer> printed) : composite_journal{{}}, printed_{std::move(printed)} {}
    void detail(const std::string&) override { printed_->block(false); }

  private:
    std::shared_ptr<printer> printed_;
  };
  f.options.journal = std::make_shared<watcher>(f.printed);
  stream_context ctx;
  echo(ctx);
  REQUIRE(ctx.start(f.drive()));
  f.printed->await("one"); // it publishes, and will not end
  auto stopped = ctx.stop(true, 50ms);
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().message().find("had not drained within 50 ms") != std::string::npos);
  CHECK(stopped.error().message().find("1 to publish") != std::string::npos);
  CHECK(ctx.get_state() == stream_context::state::stopped);
}

TEST_CASE("how long a graceful stop may take follows from the batch interval, unless it is set", "[lifecycle]") {
  settings of;
  of.batch_interval = 100ms;
  CHECK(drain_limit(of) == 10s);
  of.batch_interval = 5s;
  CHECK(drain_limit(of) == 50s);
  of.batch_interval = 1h;
  CHECK(drain_limit(of) == 60s);
  of.graceful_stop_limit = 3s;
  CHECK(drain_limit(of) == 3s);
}

TEST_CASE("a start that fails leaves nothing running, and another context may start (StreamingContextSuite)",
          "[lifecycle]") {
  fixture f;
  auto bad = f.options;
  bad.data_dir = f.data_dir();
  bad.settings.inputs = {*parse_input_url("weir://203.0.113.1:1")}; // no address of this machine
  stream_context refused;
  echo(refused);
  auto started = refused.start(std::make_shared<actor_runtime>(bad));
  REQUIRE_FALSE(started);
  CHECK(started.error().code == error_code::configuration);
  CHECK(refused.get_state() == stream_context::state::stopped);
  CHECK(stream_context::get_active() == nullptr);
  // The data directory is free again.
  auto good = bad;
  good.settings.inputs = {*parse_input_url("weir://127.0.0.1:0")};
  stream_context next;
  echo(next);
  CHECK(next.start(std::make_shared<actor_runtime>(good)));
}

TEST_CASE("listeners hear an application's life, and nothing after stop (StreamingListenerSuite)", "[lifecycle]") {
  fixture f;
  f.write("a", "one\ntwo\n");
  auto heard = std::make_shared<collector>();
  stream_context ctx;
  echo(ctx);
  ctx.add_listener(heard);
  REQUIRE(ctx.start(f.drive()));
  heard->await("completed");
  CHECK(ctx.stop(true));
  auto seen = heard->seen();
  f.write("b", "three\n");
  REQUIRE(seen.size() >= 8);
  CHECK(seen[0] == "streaming");
  CHECK(seen[1] == "receiver started " + f.directory.path() + "/in");
  CHECK(std::vector<std::string>(seen.begin() + 2, seen.begin() + 7) ==
        std::vector<std::string>{"submitted", "started", "output started", "output completed", "completed"});
  CHECK(seen.back() == "receiver stopped");
  auto batch = heard->batches().front();
  CHECK(batch.records() == 2);
  CHECK(batch.inputs.at(input_id{0}).description.find(f.directory.path()) != std::string::npos);
  CHECK(*batch.scheduling_delay() >= 0us);
  CHECK(*batch.processing_delay() >= 0us);
  CHECK(*batch.total_delay() == *batch.scheduling_delay() + *batch.processing_delay());
  CHECK(heard->seen() == seen);
}

TEST_CASE("listeners hear of a program's own receiver, and what it reports (StreamingListenerSuite)", "[lifecycle]") {
  struct troubled final : receiver<std::string_view> {
    void on_start() override {
      report_error("a sensor is silent");
      store("one");
    }
    void on_stop() override {}
  };
  fixture f;
  f.options.settings.inputs.clear();
  auto heard = std::make_shared<collector>();
  stream_context ctx;
  ctx.receiver_stream(std::make_shared<troubled>()).named("sensors").print(10);
  ctx.add_listener(heard);
  REQUIRE(ctx.start(f.drive()));
  heard->await("receiver started stream:sensors");
  heard->await("receiver error stream:sensors: a sensor is silent");
  heard->await("completed");
  CHECK(ctx.stop(true));
  CHECK(heard->batches().front().records() == 1);
  CHECK(heard->seen().back() == "receiver stopped");
}

TEST_CASE("a listener may not stop its application, but may drain it (StreamingListenerSuite)", "[lifecycle]") {
  class stopper final : public streaming_listener {
  public:
    stream_context* context = nullptr;
    result<void> answer;
    void on_batch_completed(const batch_info&) override {
      answer = context->stop();
      context->drain();
    }
  };
  fixture f;
  f.write("a", "one\n");
  auto stops = std::make_shared<stopper>();
  stream_context ctx;
  echo(ctx);
  stops->context = &ctx;
  ctx.add_listener(stops);
  REQUIRE(ctx.start(f.drive()));
  CHECK(ctx.await_termination());
  REQUIRE_FALSE(stops->answer);
  CHECK(ctx.get_state() == stream_context::state::stopped);
}

TEST_CASE("a listener that drains while the application starts ends it as soon as it has started", "[lifecycle]") {
  class drainer final : public streaming_listener {
  public:
    stream_context* context = nullptr;
    std::promise<void> asked;
    void on_streaming_started(event_time) override {
      context->drain();
      asked.set_value();
    }
  };
  /// Starts only once its listener was there.
  class slow_runtime final : public runtime {
  public:
    explicit slow_runtime(std::shared_ptr<runtime> inner, std::future<void> until)
      : inner_{std::move(inner)}, until_{std::move(until)} {}
    result<void> start(std::shared_ptr<const plan::physical_plan> plan) override {
      auto begun = inner_->start(std::move(plan));
      REQUIRE(until_.wait_for(patience) == std::future_status::ready);
      return begun;
    }
    void stop(bool graceful) override { inner_->stop(graceful); }
    void use_listeners(std::shared_ptr<const listener_list> all) override { inner_->use_listeners(std::move(all)); }
    result<bool> await(std::optional<std::chrono::milliseconds> limit) override { return inner_->await(limit); }

  private:
    std::shared_ptr<runtime> inner_;
    std::future<void> until_;
  };
  fixture f;
  auto drains = std::make_shared<drainer>();
  stream_context ctx;
  echo(ctx);
  drains->context = &ctx;
  ctx.add_listener(drains);
  REQUIRE(ctx.start(std::make_shared<slow_runtime>(f.drive(), drains->asked.get_future())));
  auto ended = ctx.await_termination_or_timeout(patience);
  REQUIRE(ended);
  CHECK(*ended);
}

TEST_CASE("stop and await are refused at once on the threads of the runtime, and drain is not", "[lifecycle]") {
  struct answers {
    std::mutex mutex;
    std::vector<std::string> all;
    void note(const result<void>& how) {
      std::lock_guard guard{mutex};
      all.push_back(how ? "done" : how.error().message());
    }
  };
  auto given = std::make_shared<answers>();
  auto where = GENERATE(as<std::string>{}, "output", "operator", "receiver");
  stream_context ctx;
  auto ask = [&ctx, given] {
    given->note(ctx.stop());
    given->note(ctx.stop(true));
    given->note(ctx.await_termination());
    ctx.drain();
  };
  struct stopping final : receiver<std::string_view> {
    std::function<void()> ask;
    void on_start() override { ask(); }
    void on_stop() override {}
  };
  fixture f;
  f.write("a", "one\n");
  auto lines = ctx.text_input();
  if (where == "output")
    lines.named("lines").foreach_batch([ask](const auto&) { ask(); });
  else if (where == "operator")
    lines
      .map([ask](std::string_view line) {
        ask();
        return line.size();
      })
      .named("sizes")
      .print();
  else {
    auto source = std::make_shared<stopping>();
    source->ask = ask;
    ctx.receiver_stream(source).named("records").print();
    lines.named("lines").print();
  }
  REQUIRE(ctx.start(f.drive()));
  auto ended = ctx.await_termination_or_timeout(patience);
  REQUIRE(ended);
  CHECK(*ended);
  REQUIRE(given->all.size() >= 3);
  for (auto& answer : given->all)
    CHECK_THAT(answer, Catch::Contains("it would wait for its own thread") && Catch::Contains("drain()"));
}
