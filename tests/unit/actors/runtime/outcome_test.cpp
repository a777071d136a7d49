#include "actors/runtime/outcome.hpp"

#include <catch2/catch.hpp>

using namespace weir;
using namespace weir::actors;
using namespace std::chrono_literals;

namespace {

error problem(const std::string& what) { return {error_code::failed, what, "somewhere", {}}; }

struct running {
  outcome run{[] { return std::string{"batch 7"}; }};

  /// How it ended, in words.
  std::string end() {
    auto ended = run.await(10s);
    return !ended ? ended.error().what + ", " + ended.error().where : *ended ? "well" : "it runs";
  }
};

} // namespace

TEST_CASE_METHOD(running, "a run ends with its first error, whatever comes behind it", "[outcome]") {
  CHECK_FALSE(run.failure());
  run.fail(problem("first"));
  run.fail(problem("second"));
  CHECK(end() == "first, somewhere");
  run.finish();
  run.spoil(problem("third"));
  run.fail(problem("fourth"));
  CHECK(end() == "first, somewhere");
  REQUIRE(run.failure());
  CHECK(run.failure()->what == "first");
}

TEST_CASE_METHOD(running, "an error behind the end of a run is not its end", "[outcome]") {
  run.finish();
  run.fail(problem("late"));
  CHECK(end() == "well");
  CHECK_FALSE(run.failure());
}

TEST_CASE_METHOD(running, "a run that is spoiled goes on, and ends with what spoiled it first and how much more did",
                 "[outcome]") {
  run.spoil(problem("first"));
  auto ended = run.await(0ms);
  REQUIRE(ended.has_value());
  CHECK_FALSE(*ended);
  CHECK_FALSE(run.failure());
  SECTION("by one thing") {
    run.finish();
    CHECK(end() == "first, somewhere");
  }
  SECTION("by several") {
    run.spoil(problem("second"));
    run.spoil(problem("third"));
    run.finish();
    CHECK(end() == "first, somewhere and 2 more");
  }
  SECTION("and fails, which is worse") {
    run.fail(problem("failed"));
    CHECK(end() == "failed, somewhere");
  }
}

TEST_CASE_METHOD(running, "a run that drains too long fails, and says what was left; that is its first error too",
                 "[outcome]") {
  SECTION("by the limit that was given with the stop") {
    run.drain_within(0ms);
    run.begin_drain(1h); // it does not prolong what holds already
  }
  SECTION("by one that was given later") {
    run.begin_drain(1h);
    run.drain_within(0ms);
  }
  SECTION("by the usual one") { run.begin_drain(0ms); }
  auto ended = run.await(10s);
  REQUIRE_FALSE(ended.has_value());
  CHECK(ended.error().what == "stopped at once, as it had not drained within 0 ms");
  CHECK(ended.error().hint == "batch 7");
  run.fail(problem("later"));
  REQUIRE(run.failure());
  CHECK(run.failure()->what == ended.error().what);
}

TEST_CASE_METHOD(running, "inputs are awaited until all have started or the run has ended", "[outcome]") {
  auto both = std::set<input_id>{input_id{0}, input_id{2}};
  CHECK(run.await_inputs({}, 0ms));
  run.input_started(input_id{2});
  run.input_started(input_id{1});
  CHECK_FALSE(run.await_inputs(both, 0ms));
  SECTION("all start") {
    run.input_started(input_id{0});
    CHECK(run.await_inputs(both, 10s));
  }
  SECTION("it fails before") {
    run.fail(problem("no port"));
    CHECK_FALSE(run.await_inputs(both, 10s));
  }
}
