#include <catch2/catch.hpp>

#include "libstream/api/dataset.hpp"
#include "libstream/api/dstream.hpp"
#include "libstream/api/outputs.hpp"

using namespace weir;

namespace {

class recording_runtime final : public runtime {
public:
  result<void> start(std::shared_ptr<const plan::physical_plan> plan) override {
    if (refuse)
      return fail(error_code::configuration, "port in use");
    started = std::move(plan);
    return {};
  }
  void stop(bool graceful) override { stopped += graceful ? "drain " : "now "; }
  result<bool> await(std::optional<std::chrono::milliseconds> limit) override { return !limit; }

  bool refuse = false;
  std::shared_ptr<const plan::physical_plan> started;
  std::string stopped;
};

} // namespace

TEST_CASE("a context starts once, stops once, and then takes no more streams", "[stream_context]") {
  auto drives = std::make_shared<recording_runtime>();
  stream_context ctx;
  auto lines = ctx.text_input();
  lines.print();
  CHECK(ctx.get_state() == stream_context::state::initialised);
  REQUIRE(ctx.start(drives));
  CHECK(ctx.get_state() == stream_context::state::active);
  CHECK(drives->started->outputs().size() == 1);
  CHECK_FALSE(ctx.start(drives));
  CHECK_THROWS_AS(ctx.text_input(), plan::plan_error);
  CHECK_THROWS_AS(lines.print(), plan::plan_error);
  CHECK(ctx.await_termination_or_timeout(std::chrono::milliseconds{1}).value() == false);
  CHECK(ctx.stop(true));
  CHECK(ctx.stop(false));
  CHECK(ctx.await_termination());
  CHECK(drives->stopped == "drain ");
  CHECK(ctx.get_state() == stream_context::state::stopped);
  CHECK_FALSE(ctx.start(drives));
}

TEST_CASE("a context without outputs or with a runtime that refuses does not become active", "[stream_context]") {
  auto drives = std::make_shared<recording_runtime>();
  stream_context empty;
  CHECK_FALSE(empty.start(drives));
  CHECK(drives->started == nullptr);
  stream_context ctx;
  ctx.text_input().print();
  drives->refuse = true;
  auto started = ctx.start(drives);
  REQUIRE_FALSE(started);
  CHECK(started.error().code == error_code::configuration);
  CHECK(ctx.get_state() == stream_context::state::stopped);
}

TEST_CASE("using a context that was started or stopped is an error that names its state (StreamingContextSuite)",
          "[stream_context]") {
  auto drives = std::make_shared<recording_runtime>();
  stream_context ctx;
  auto lines = ctx.text_input();
  lines.print();
  REQUIRE(ctx.start(drives));
  CHECK_THROWS_WITH(ctx.text_input(), Catch::Contains("the context is active"));
  CHECK_THROWS_WITH(lines.print(), Catch::Contains("the context is active"));
  auto again = ctx.start(drives);
  REQUIRE_FALSE(again);
  CHECK(again.error().message().find("the context is active") != std::string::npos);
  CHECK(ctx.stop());
  CHECK_THROWS_WITH(ctx.text_input(), Catch::Contains("the context is stopped"));
  CHECK_THROWS_WITH(lines.print(), Catch::Contains("the context is stopped"));
  auto after = ctx.start(drives);
  REQUIRE_FALSE(after);
  CHECK(after.error().message().find("the context is stopped") != std::string::npos);
}

TEST_CASE("stop before start is no error, and final (StreamingContextSuite)", "[stream_context]") {
  stream_context ctx;
  ctx.text_input().print();
  CHECK(ctx.stop());
  CHECK(ctx.stop());
  CHECK(ctx.get_state() == stream_context::state::stopped);
  CHECK_FALSE(ctx.start(std::make_shared<recording_runtime>()));
  CHECK(ctx.await_termination());
}

TEST_CASE("a process has one active context at a time (StreamingContextSuite)", "[stream_context]") {
  CHECK(stream_context::get_active() == nullptr);
  auto first = std::make_shared<stream_context>();
  first->text_input().print();
  stream_context second;
  second.text_input().print();
  REQUIRE(first->start(std::make_shared<recording_runtime>()));
  CHECK(stream_context::get_active() == first);
  auto refused = second.start(std::make_shared<recording_runtime>());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message().find("another context") != std::string::npos);
  CHECK(second.get_state() == stream_context::state::initialised);
  CHECK(first->stop());
  CHECK(stream_context::get_active() == nullptr);
  CHECK(second.start(std::make_shared<recording_runtime>()));
  CHECK(stream_context::get_active().get() == &second);
}

TEST_CASE("a start that fails leaves nothing active (StreamingContextSuite)", "[stream_context]") {
  stream_context empty;
  CHECK_FALSE(empty.start(std::make_shared<recording_runtime>()));
  CHECK(empty.get_state() == stream_context::state::stopped);
  CHECK(stream_context::get_active() == nullptr);
  stream_context without;
  without.text_input().print();
  CHECK_FALSE(without.start());
  CHECK(without.get_state() == stream_context::state::stopped);
}

TEST_CASE("awaiting a context whose start failed says why it did not start", "[stream_context]") {
  auto drives = std::make_shared<recording_runtime>();
  drives->refuse = true;
  stream_context ctx;
  ctx.text_input().print();
  auto started = ctx.start(drives);
  REQUIRE_FALSE(started);
  auto awaited = ctx.await_termination();
  REQUIRE_FALSE(awaited);
  CHECK(awaited.error().message() == started.error().message());
  CHECK_FALSE(ctx.await_termination_or_timeout(std::chrono::milliseconds{1}));
  CHECK(ctx.stop());
}

TEST_CASE("a stream or an input has one name; another one is an error with both", "[stream_context]") {
  stream_context ctx;
  auto counts = ctx.text_input().count().named("counts");
  counts.named("counts").print(); // the same once more changes nothing
  CHECK_THROWS_WITH(counts.named("totals"), Catch::Contains("'counts'") && Catch::Contains("'totals'"));
  CHECK_THROWS_WITH(ctx.text_input().named("lines").filter([](std::string_view) { return true; }).named("a").named("b"),
                    Catch::Contains("the stream has two names: 'a' and 'b'"));
  CHECK_THROWS_WITH(ctx.text_input().named("other"),
                    Catch::Contains("the input has two names: 'lines' and 'other'") && Catch::Contains("in between"));
  CHECK(ctx.plan().value()->outputs().front().name == "counts");
  auto table = dataset<int>::from({1}).named("table");
  CHECK_THROWS_WITH(table.named("others"), Catch::Contains("'table'") && Catch::Contains("'others'"));
}

TEST_CASE("what an application throws while it is built becomes an error", "[stream_context]") {
  stream_context ctx;
  CHECK(build_on(ctx, [](stream_context&) {}));
  auto failed = build_on(ctx, [](stream_context&) { throw std::runtime_error{"no table.csv"}; });
  REQUIRE_FALSE(failed);
  CHECK(failed.error().exit_code() == 1);
  CHECK(failed.error().message().find("no table.csv") != std::string::npos);
  CHECK_FALSE(build_on(ctx, [](stream_context&) { throw 7; }));
  auto misused = build_on(ctx, [](stream_context& on) { on.union_of(std::vector<dstream<int>>{}); });
  REQUIRE_FALSE(misused);
  CHECK(misused.error().exit_code() == 64);
}

TEST_CASE("a builder that starts or stops the context is named", "[stream_context]") {
  auto stops = GENERATE(false, true);
  stream_context ctx;
  auto built = build_on(ctx, [stops](stream_context& on) {
    if (stops)
      static_cast<void>(on.stop());
    else
      static_cast<void>(on.start());
  });
  REQUIRE_FALSE(built);
  CHECK(built.error().exit_code() == 64);
  CHECK_THAT(built.error().message(), Catch::Contains("the function that builds the streams"));
}

TEST_CASE("a context that goes away while it is active stops", "[stream_context]") {
  auto drives = std::make_shared<recording_runtime>();
  {
    stream_context ctx;
    ctx.text_input().print();
    REQUIRE(ctx.start(drives));
  }
  CHECK(drives->stopped == "now ");
  CHECK(stream_context::get_active() == nullptr);
}

TEST_CASE("outputs are read as the contract writes them", "[outputs]") {
  using kind = plan::output_target::kind;
  auto text = parse_output("text:/tmp/a:b");
  REQUIRE(text);
  CHECK(text->what == kind::text);
  CHECK(text->prefix == "/tmp/a:b");
  CHECK(parse_output("print").value().what == kind::print);
  CHECK(parse_output("print").value().limit == 10);
  CHECK(parse_output("print:3").value().limit == 3);
  for (auto wrong : {"", "text", "text:", "print:", "print:x", "print:-1", "kafka:topic"}) {
    CAPTURE(wrong);
    auto refused = parse_output(wrong);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == error_code::configuration);
  }
  CHECK(parse_output("txt:out").error().message().find("did you mean text:PREFIX?") != std::string::npos);
}

TEST_CASE("a dataset is computed by its actions, in partition order", "[dataset]") {
  auto calls = std::make_shared<int>(0);
  auto numbers = dataset<int>::from({1, 2, 3, 4, 5, 6, 7}, 3);
  auto squares = numbers.map([calls](int n) {
    ++*calls;
    return n * n;
  });
  CHECK(*calls == 0);
  CHECK(squares.collect() == std::vector{1, 4, 9, 16, 25, 36, 49});
  CHECK(squares.filter([](int n) { return n % 2 == 1; }).count() == 4);
  CHECK(*calls == 14);
  CHECK(dataset<int>::from({}, 4).count() == 0);
  CHECK(dataset<int>::from({}, 4).collect().empty());
}

TEST_CASE("a dataset has the transformations of a stream, and what it collects owns its bytes", "[dataset]") {
  auto counts = [] {
    auto lines = dataset<std::string>::from({"b", "a", "b", "a", "b"}, 2);
    return lines.map([](const std::string& line) {
                  return std::pair{std::string_view{line}, 1};
                })
      .reduce_by_key([](int a, int b) { return a + b; })
      .collect();
  }();
  std::sort(counts.begin(), counts.end());
  CHECK(counts == std::vector<std::pair<std::string, int>>{{"a", 2}, {"b", 3}});
  CHECK(dataset<bool>::from({true, false, true}, 2).count_by_value() ==
        std::map<bool, std::uint64_t>{{false, 1}, {true, 2}});
}

TEST_CASE("an action says which operator failed", "[dataset]") {
  auto broken = dataset<int>::from({1}).map([](int) -> int { throw std::runtime_error{"no"}; }).named("broken");
  CHECK_THROWS_WITH(broken.collect(), Catch::Contains("operator broken") && Catch::Contains("no"));
}
