#include "actors/batch_coordinator/batch_clock.hpp"

#include <random>

#include <catch2/catch.hpp>

using namespace weir;
using namespace weir::actors;
using namespace std::chrono_literals;
using std::chrono::microseconds;

namespace {

/// A steady clock and a wall clock that can be told to jump.
struct clocks {
  batch_clock::time_point steady{1h};
  std::int64_t wall_us = 1'000'000'000; // a multiple of all intervals used here

  batch_clock::moment now() const { return {steady, wall_us}; }
  void pass(microseconds time) {
    steady += time;
    wall_us += time.count();
  }
};

} // namespace

TEST_CASE("input that came before a multiple of the interval is sealed right behind it, under its number",
          "[batch_clock]") {
  batch_clock clock{100ms};
  clocks time;
  time.pass(30ms);
  clock.arrived(time.now());
  CHECK_FALSE(clock.due(time.now(), false));
  auto rest = clock.until_next(time.now());
  CHECK(rest >= 70ms);
  CHECK(rest <= 71ms);
  time.pass(rest);
  REQUIRE(clock.due(time.now(), false));
  auto given = clock.seal(time.now(), false);
  CHECK(given.number == batch_id{10'001});
  CHECK(given.time_ms == 1'000'100);
}

TEST_CASE("a batch that was not sealed takes what comes just too late", "[batch_clock]") {
  batch_clock clock{1ms};
  clocks time;
  time.pass(300us);
  clock.arrived(time.now());
  REQUIRE(clock.due(time.now(), false));
  CHECK(clock.seal(time.now(), false).number == batch_id{1'000'000});
  clock.arrived(time.now());
  CHECK_FALSE(clock.due(time.now(), false)); // one batch an interval
  time.pass(1ms);
  CHECK(clock.due(time.now(), false));
}

TEST_CASE("what did not fit goes into the next batch", "[batch_clock]") {
  batch_clock clock{10ms};
  clocks time;
  time.pass(1ms);
  clock.arrived(time.now());
  auto first = clock.seal(time.now(), true).number;
  CHECK_FALSE(clock.due(time.now(), false));
  time.pass(10ms);
  REQUIRE(clock.due(time.now(), false));
  auto second = clock.seal(time.now(), false);
  CHECK(second.number == first.next());
  CHECK(second.before == first);
}

TEST_CASE("without input a batch is due only if an operator always is", "[batch_clock]") {
  batch_clock clock{10ms};
  clocks time;
  time.pass(1ms);
  CHECK_FALSE(clock.due(time.now(), false));
  REQUIRE(clock.due(time.now(), true));
  clock.seal(time.now(), false);
  CHECK_FALSE(clock.due(time.now(), true));
}

TEST_CASE("whatever the wall clock does, numbers rise and batches come at their pace", "[batch_clock]") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random{seed};
    auto interval = microseconds{1'000 * (1 + random() % 200)};
    batch_clock clock{interval};
    clock.last_was({batch_id{1 + random() % 2'000'000}, static_cast<std::int64_t>(random() % 2'000'000)});
    clocks time;
    batch_id last;
    std::int64_t last_ms = 0;
    std::uint64_t sealed = 0, jumps = 0;
    auto started = time.steady;
    for (int i = 0; i < 400; ++i) {
      if (random() % 20 == 0) {
        time.wall_us += static_cast<std::int64_t>(random() % 2'000'000) - 1'000'000;
        ++jumps;
      }
      clock.arrived(time.now());
      if (clock.due(time.now(), false)) {
        auto given = clock.seal(time.now(), random() % 2 == 0);
        CHECK(given.number > last);
        CHECK(given.number > given.before);
        CHECK(given.time_ms > last_ms);
        last = given.number;
        last_ms = given.time_ms;
        ++sealed;
      }
      auto rest = clock.until_next(time.now());
      REQUIRE(rest > 0us);
      REQUIRE(rest <= interval);
      time.pass(std::min(rest, microseconds{1 + static_cast<std::int64_t>(random() % 10'000)}));
    }
    auto intervals = static_cast<std::uint64_t>((time.steady - started) / interval);
    CHECK(sealed <= intervals + jumps + 2);
    CHECK(sealed + jumps + 2 >= intervals / 2);
  }
}

TEST_CASE("what is always due waits after a restart for the next multiple of the interval", "[batch_clock]") {
  clocks time;
  batch_clock clock{100ms};
  clock.last_was({batch_id{5}, time.wall_us / 1000});
  time.pass(10ms);
  CHECK_FALSE(clock.due(time.now(), true));
  time.pass(100ms);
  REQUIRE(clock.due(time.now(), true));
  auto given = clock.seal(time.now(), false);
  CHECK(given.number == batch_id{6});
  CHECK(given.before == batch_id{5});
  CHECK(given.time_ms == 1'000'100);
}
