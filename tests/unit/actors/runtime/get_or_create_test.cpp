// How a context is made for a data directory that is there, or is not: the part of Spark's StreamingContextSuite about checkpoints.
#include "actors/runtime/get_or_create.hpp"

#include <algorithm>
#include <stdexcept>

#include "libstream/log/data_directory.hpp"
#include "libstream/log/set_aside.hpp"
#include "tests/unit/actors/runtime/tested_context.hpp"

using namespace weir;
using namespace weir::actors;
using namespace weir::actors::testing_contexts;

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
