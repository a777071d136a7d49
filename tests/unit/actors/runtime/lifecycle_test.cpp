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
#include "tests/unit/actors/sources/temporary_directory.hpp"

using namespace weir;
using namespace weir::actors;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

constexpr auto patience = 60s;

/// Collects what is printed; may be made to block.
class printer {
public:
  result<void> print(std::string_view text) {
    std::unique_lock guard{mutex_};
    text_ += text;
    changed_.notify_all();
    changed_.wait(guard, [this] { return !blocked_; });
    return {};
  }
  void block(bool blocked) {
    std::lock_guard guard{mutex_};
    blocked_ = blocked;
    changed_.notify_all();
  }
  void await(const std::string& words) {
    std::unique_lock guard{mutex_};
    REQUIRE(changed_.wait_for(guard, patience, [&] { return text_.find(words) != std::string::npos; }));
  }
  std::string text() {
    std::lock_guard guard{mutex_};
    return text_;
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool blocked_ = false;
  std::string text_;
};

struct fixture {
  testing::temporary_directory directory;
  std::shared_ptr<printer> printed = std::make_shared<printer>();
  runtime_options options;

  fixture() {
    fs::create_directory(directory.path() + "/in");
    options.application = "tested";
    options.journal = std::make_shared<composite_journal>(std::vector<std::shared_ptr<journal>>{});
    options.settings.inputs = {*parse_input_url("file://" + directory.path() + "/in")};
    options.settings.batch_interval = options.settings.block_interval = 10ms;
    options.settings.executors = 1;
    options.print = [printed = printed](std::string_view text) { return printed->print(text); };
  }
  void write(const std::string& name, const std::string& text) {
    auto file = directory.write("." + name, text);
    fs::rename(file, directory.path() + "/in/" + name);
  }
  std::string data_dir() const { return directory.path() + "/data"; }
  std::shared_ptr<runtime> drive() const { return std::make_shared<actor_runtime>(options); }
};

void echo(stream_context& ctx) { ctx.text_input().named("lines").print(1000); }

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

TEST_CASE("a listener that drains while the application starts ends it as soon as it has started",
          "[lifecycle][issue-11]") {
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

TEST_CASE("stop and await are refused at once on the threads of the runtime, and drain is not",
          "[lifecycle][issue-11]") {
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

TEST_CASE("get_or_create makes a context for a directory that is absent or empty (StreamingContextSuite)",
          "[lifecycle]") {
  fixture f;
  f.options.data_dir = f.data_dir();
  if (GENERATE(true, false))
    fs::create_directory(f.data_dir());
  auto built = 0;
  auto opened = get_or_create(f.options, [&](stream_context& ctx) {
    ++built;
    echo(ctx);
  });
  REQUIRE(opened);
  CHECK(built == 1);
  CHECK_FALSE(opened->recovered);
  CHECK(opened->context->get_state() == stream_context::state::initialised);
  REQUIRE(opened->context->start());
  CHECK(stream_context::get_active() == opened->context);
  auto active = get_active_or_create(f.options, echo);
  REQUIRE(active);
  CHECK(active->was_active);
  CHECK(active->context == opened->context);
  CHECK(opened->context->stop(true));
}

TEST_CASE("get_or_create takes partitions and batch interval from a directory that exists (StreamingContextSuite)",
          "[lifecycle]") {
  fixture f;
  f.options.data_dir = f.data_dir();
  f.options.partitions = 5;
  f.options.settings.batch_interval = f.options.settings.block_interval = 40ms;
  {
    auto first = get_or_create(f.options, echo);
    REQUIRE(first);
    REQUIRE(first->context->start());
    CHECK(first->context->stop(true));
  }
  f.options.partitions = 3;
  f.options.settings.batch_interval = f.options.settings.block_interval = 10ms;
  f.write("a", "one\n");
  auto again = get_or_create(f.options, echo);
  REQUIRE(again);
  CHECK(again->recovered);
  REQUIRE(again->context->start());
  f.printed->await("one");
  CHECK(again->context->stop(true));
  auto view = log::view_directory(f.data_dir());
  REQUIRE(view);
  CHECK(view->application.partitions == 5);
  CHECK(view->application.interval_us == 40'000);
}

TEST_CASE("get_or_create refuses a damaged directory, or sets it aside and begins anew (StreamingContextSuite)",
          "[lifecycle]") {
  fixture f;
  f.options.data_dir = f.data_dir();
  {
    auto first = get_or_create(f.options, echo);
    REQUIRE(first);
    REQUIRE(first->context->start());
    CHECK(first->context->stop(true));
  }
  fs::resize_file(f.data_dir() + "/format", 0);
  auto refused = get_or_create(f.options, echo);
  REQUIRE_FALSE(refused);
  if (refused.error().code == error_code::corrupt) {
    auto anew = get_or_create(f.options, echo, if_damaged::set_aside);
    REQUIRE(anew);
    CHECK_FALSE(anew->recovered);
    CHECK(anew->set_aside == fs::canonical(f.directory.path()).string() + "/data.set-aside-1");
    CHECK(fs::exists(anew->set_aside + "/log"));
    REQUIRE(anew->context->start());
    CHECK(anew->context->stop(true));
  } else {
    FAIL("expected 65, got " << refused.error().message());
  }
}

TEST_CASE("a batch interval that is given wins over that of the directory, however it is given", "[lifecycle]") {
  fixture f;
  runtime_settings settings{.application = "tested", .data_dir = f.data_dir()};
  settings.inputs = {"file://" + f.directory.path() + "/in"};
  settings.executors = 1;
  auto interval_after_run = [&] {
    auto opened = get_or_create(settings, echo);
    REQUIRE(opened);
    REQUIRE(opened->context->start());
    CHECK(opened->context->stop(true));
    auto view = log::view_directory(f.data_dir());
    REQUIRE(view);
    return view->application.interval_us;
  };
  settings.batch_interval = 40ms;
  CHECK(interval_after_run() == 40'000);
  settings.batch_interval.reset();
  CHECK(interval_after_run() == 40'000);
  settings.set = {"batch_interval=25ms"};
  CHECK(interval_after_run() == 25'000);
  settings.batch_interval = 10ms;
  CHECK(interval_after_run() == 10'000);
}

namespace {

/// Settings of a program without flags that reads the directory of the fixture.
runtime_settings settings_of(const fixture& f) {
  runtime_settings settings{.application = "tested", .data_dir = f.data_dir()};
  settings.inputs = {"file://" + f.directory.path() + "/in"};
  settings.executors = 1;
  settings.batch_interval = 10ms;
  return settings;
}

} // namespace

TEST_CASE("a program without flags stops after the time that its settings give", "[lifecycle]") {
  fixture f;
  auto settings = settings_of(f);
  settings.set = {"stop_after=50ms"};
  auto opened = get_or_create(settings, echo);
  REQUIRE(opened);
  REQUIRE(opened->context->start());
  auto over = opened->context->await_termination_or_timeout(patience);
  REQUIRE(over);
  CHECK(*over);
  stream_context context{print()};
  echo(context);
  auto runtime = make_runtime(settings);
  REQUIRE(runtime);
  REQUIRE(context.start(*runtime));
  auto over_again = context.await_termination_or_timeout(patience);
  REQUIRE(over_again);
  CHECK(*over_again);
}

TEST_CASE("a program without flags repartitions a data directory that exists", "[lifecycle]") {
  fixture f;
  auto settings = settings_of(f);
  settings.partitions = 3;
  auto partitions_after_run = [&] {
    auto opened = get_or_create(settings, echo);
    REQUIRE(opened);
    REQUIRE(opened->context->start());
    CHECK(opened->context->stop(true));
    auto view = log::view_directory(f.data_dir());
    REQUIRE(view);
    return view->application.partitions;
  };
  CHECK(partitions_after_run() == 3);
  settings.set = {"repartition=5"};
  CHECK(partitions_after_run() == 5);
  settings.set.clear();
  CHECK(partitions_after_run() == 5);
}

TEST_CASE("outputs are taken from the settings of a program or from its call, and refused in both", "[lifecycle]") {
  fixture f;
  f.write("words", "one\n");
  auto settings = settings_of(f);
  settings.set = {"output=text:" + f.directory.path() + "/out/lines", "stop_when_idle=50ms"};
  auto build = [](stream_context& ctx) { ctx.text_input().named("lines").write_to(ctx.output()); };
  auto refused = get_or_create(settings, build, if_damaged::refuse, print());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == error_code::configuration);
  CHECK(refused.error().message().find("given twice") != std::string::npos);
  auto opened = get_or_create(settings, build);
  REQUIRE(opened);
  REQUIRE(opened->context->start());
  REQUIRE(opened->context->await_termination());
  CHECK(fs::exists(f.directory.path() + "/out"));
}

TEST_CASE("after a damaged directory was set aside, the new one takes over its outputs and goes on behind them",
          "[lifecycle]") {
  fixture f;
  f.options.data_dir = f.data_dir();
  f.options.settings.stop_when_idle = 50ms;
  auto out = f.directory.path() + "/out";
  auto run = [&](if_damaged damaged) -> result<void> {
    auto lines = [](stream_context& ctx) { ctx.text_input().named("lines").write_to(ctx.output()); };
    auto opened = get_or_create(f.options, lines, damaged, text_files(out + "/lines"));
    if (!opened)
      return tl::make_unexpected(opened.error());
    if (auto started = opened->context->start(); !started)
      return started;
    return opened->context->await_termination();
  };
  auto times = [&] {
    std::vector<std::int64_t> found;
    for (auto& entry : fs::directory_iterator{out})
      if (auto name = entry.path().filename().string(); name.starts_with("lines-"))
        found.push_back(std::stoll(name.substr(6)));
    std::sort(found.begin(), found.end());
    return found;
  };
  f.write("a", "one\n");
  REQUIRE(run(if_damaged::set_aside));
  auto before = times();
  REQUIRE(before.size() == 1);
  fs::resize_file(f.data_dir() + "/format", 0);
  SECTION("at once") {}
  SECTION("after a start that came no further") { // the place is empty now
    REQUIRE(log::set_aside(f.data_dir()));
    auto refused = run(if_damaged::refuse);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == error_code::configuration);
    CHECK(refused.error().message().find("begun anew") != std::string::npos);
  }
  auto anew = run(if_damaged::set_aside);
  INFO((anew ? "" : anew.error().message()));
  REQUIRE(anew);
  auto after = times();
  REQUIRE(after.size() == 2);
  CHECK(after.front() == before.front());
  CHECK(run(if_damaged::refuse)); // they are its own now
}

TEST_CASE("a directory that is in use is not set aside", "[lifecycle]") {
  fixture f;
  f.options.data_dir = f.data_dir();
  auto first = get_or_create(f.options, echo);
  REQUIRE(first);
  REQUIRE(first->context->start());
  auto moved = log::set_aside(f.data_dir());
  REQUIRE_FALSE(moved);
  CHECK(moved.error().code == error_code::configuration);
  CHECK(first->context->stop());
  CHECK(log::set_aside(f.data_dir()));
  CHECK_FALSE(fs::exists(f.data_dir()));
}

TEST_CASE("errors of the builder, and another application's directory, are get_or_create's errors", "[lifecycle]") {
  fixture f;
  auto broken = get_or_create(f.options, [](stream_context& ctx) {
    (void)ctx.stop();
    ctx.text_input();
  });
  REQUIRE_FALSE(broken);
  CHECK(broken.error().message().find("stopped") != std::string::npos);
  f.options.data_dir = f.directory.path(); // holds other things
  auto refused = get_or_create(f.options, echo, if_damaged::set_aside);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == error_code::configuration);
}
