#include <algorithm>
#include <random>
#include <vector>

#include "actors/supervisor/restart_policy.hpp"

#include <catch2/catch.hpp>

using namespace weir::actors;
using namespace std::chrono_literals;

namespace {

using limits = restart_policy::limits;

restart_policy::time_point at(std::chrono::milliseconds since_start) {
  return restart_policy::time_point{} + 1h + since_start;
}

/// The longest pause that chance may give, so that pauses are what their limits say.
std::uint64_t greatest() { return UINT64_MAX; }

/// A policy and the times at which its child ends; it is started again at once.
struct child {
  restart_policy policy;
  std::function<std::uint64_t()> random = [] { return std::uint64_t{0}; };

  explicit child(const limits& given) : policy{given} { policy.child_started(at(0ms)); }
  std::optional<restart_policy::duration> ends(std::chrono::milliseconds when, bool escalated = false) {
    auto pause = policy.child_ended(at(when), escalated, random);
    if (pause)
      policy.child_started(at(when));
    return pause;
  }
};

limits allowed(std::size_t restarts, std::chrono::milliseconds window) {
  return {.restarts = restarts, .window = window, .first_pause = 4ms, .longest_pause = 30ms, .steady_after = 500ms};
}

} // namespace

TEST_CASE("the first restart is immediate, later ones wait twice as long each time, up to a limit",
          "[restart_policy]") {
  // Chance gives from half of a pause to the whole of it.
  for (auto whole : {false, true}) {
    child one{allowed(20, 10s)};
    std::vector<std::chrono::microseconds> pauses;
    for (int i = 0; i < 6; ++i) {
      auto limit = std::chrono::microseconds{std::min(30'000, 4'000 << std::max(0, i - 1))};
      one.random = [=] { return whole ? static_cast<std::uint64_t>(limit.count() - limit.count() / 2) : 0; };
      pauses.push_back(one.ends(i * 1ms).value());
    }
    if (whole)
      CHECK(pauses == std::vector<std::chrono::microseconds>{0ms, 8ms - 4ms, 8ms, 16ms, 30ms, 30ms});
    else
      CHECK(pauses == std::vector<std::chrono::microseconds>{0ms, 2ms, 4ms, 8ms, 15ms, 15ms});
  }
}

TEST_CASE("a child that has lived for a while is restarted at once, however often it ended before",
          "[restart_policy]") {
  child one{allowed(20, 10s)};
  for (int i = 0; i < 5; ++i)
    one.ends(i * 1ms);
  CHECK(one.ends(503ms)->count() > 0); // 499 ms are not enough
  CHECK(one.ends(1003ms) == 0ms);
  CHECK(one.ends(1004ms) == 2ms); // and the pauses begin from the shortest
}

TEST_CASE("a child that ends too often within the window is given up", "[restart_policy]") {
  child one{allowed(3, 1s)};
  for (int i = 0; i < 3; ++i)
    CHECK(one.ends(i * 300ms).has_value());
  CHECK_FALSE(one.ends(900ms).has_value());
  CHECK(one.policy.recent_ends(false) == 4);
  child none{allowed(0, 1s)};
  CHECK_FALSE(none.ends(0ms).has_value());
}

TEST_CASE("a child that ends rarely is restarted for ever, and at once", "[restart_policy]") {
  child one{allowed(2, 1s)};
  for (int i = 0; i < 100; ++i)
    CHECK(one.ends(i * 1001ms) == 0ms);
}

TEST_CASE("only ends within the window count", "[restart_policy]") {
  child one{allowed(2, 1s)};
  CHECK(one.ends(0ms).has_value());
  CHECK(one.ends(1000ms).has_value()); // the border belongs to the window
  CHECK(one.ends(1001ms).has_value()); // the first is out of it
  CHECK_FALSE(one.ends(1002ms).has_value());
}

TEST_CASE("a child that always ends at once is given up whatever the limits are", "[restart_policy]") {
  for (std::size_t restarts : {0, 1, 5, 20, 50, 200})
    for (auto window : {1s, 10s, 60s}) {
      child one{{.restarts = restarts, .window = window, .longest_pause = 10s}};
      one.random = greatest;
      std::chrono::milliseconds now{0};
      std::size_t ends = 1;
      for (auto pause = one.ends(now); pause && ends < 1'000; pause = one.ends(now), ++ends)
        now += std::chrono::ceil<std::chrono::milliseconds>(*pause);
      CHECK(ends == restarts + 1);
      CHECK(now <= window);
    }
}

TEST_CASE("a supervisor that gave up is given up sooner than one that was killed", "[restart_policy]") {
  auto few = allowed(10, 1s);
  few.escalations = 1;
  few.escalation_window = 60s;
  child one{few};
  for (int i = 0; i < 5; ++i)
    CHECK(one.ends(i * 1ms).has_value());
  CHECK(one.ends(1s, true) == 0ms);
  CHECK(one.ends(50s).has_value());
  CHECK_FALSE(one.ends(60s, true).has_value());
  CHECK(one.policy.recent_ends(true) == 2);
}

TEST_CASE("whatever happens, a naive count agrees on who is given up, and pauses stay within their limits",
          "[restart_policy]") {
  std::mt19937_64 random{7};
  for (int round = 0; round < 300; ++round) {
    limits given{.restarts = random() % 6,
                 .window = std::chrono::milliseconds{1 + random() % 2'000},
                 .first_pause = std::chrono::milliseconds{1 + random() % 10},
                 .longest_pause = std::chrono::milliseconds{1 + random() % 500}};
    child one{given};
    one.random = [&] { return random(); };
    std::vector<std::chrono::milliseconds> ends;
    std::chrono::milliseconds now{0};
    for (int i = 0; i < 30; ++i) {
      now += std::chrono::milliseconds{random() % (random() % 900 + 1)};
      ends.push_back(now);
      auto recent = std::count_if(ends.begin(), ends.end(), [&](auto each) { return now - each <= given.window; });
      auto pause = one.ends(now);
      REQUIRE(pause.has_value() == (static_cast<std::size_t>(recent) <= given.restarts));
      if (!pause)
        break;
      REQUIRE(pause->count() >= 0);
      REQUIRE(*pause <= std::max(given.first_pause, given.longest_pause));
      if (recent == 1)
        REQUIRE(pause->count() == 0);
    }
  }
}
