#include <algorithm>
#include <vector>

#include "actors/supervisor/restart_policy.hpp"

#include <catch2/catch.hpp>

using namespace weir::actors;
using namespace std::chrono_literals;

namespace {

restart_policy::time_point at(std::chrono::milliseconds since_start) {
  return restart_policy::time_point{} + 1h + since_start;
}

} // namespace

TEST_CASE("the first restart is immediate, later ones wait twice as long each time, up to a limit",
          "[restart_policy]") {
  restart_policy policy{{20, 10s, 5ms, 30ms}};
  std::vector<std::chrono::milliseconds> pauses;
  for (int i = 0; i < 6; ++i)
    pauses.push_back(policy.child_ended(at(i * 1ms)).value());
  CHECK(pauses == std::vector<std::chrono::milliseconds>{0ms, 5ms, 10ms, 20ms, 30ms, 30ms});
}

TEST_CASE("a child that ends too often within the window is given up", "[restart_policy]") {
  restart_policy policy{{3, 1s, 5ms, 30ms}};
  for (int i = 0; i < 3; ++i)
    CHECK(policy.child_ended(at(i * 300ms)).has_value());
  CHECK_FALSE(policy.child_ended(at(900ms)).has_value());
}

TEST_CASE("a child that ends rarely is restarted for ever, and at once", "[restart_policy]") {
  restart_policy policy{{2, 1s, 5ms, 30ms}};
  for (int i = 0; i < 100; ++i)
    CHECK(policy.child_ended(at(i * 1001ms)) == 0ms);
}

TEST_CASE("only ends within the window count", "[restart_policy]") {
  restart_policy policy{{2, 1s, 5ms, 30ms}};
  CHECK(policy.child_ended(at(0ms)) == 0ms);
  CHECK(policy.child_ended(at(1000ms)) == 5ms); // the border belongs to the window
  CHECK(policy.child_ended(at(1001ms)) == 5ms); // the first is out of it
  CHECK_FALSE(policy.child_ended(at(1002ms)).has_value());
}

TEST_CASE("however often a child may end, its pause stays within the limit", "[restart_policy]") {
  restart_policy policy{{1000, 10s, 5ms, 1s}};
  std::chrono::milliseconds longest{0};
  for (int i = 0; i < 1000; ++i) {
    auto pause = policy.child_ended(at(0ms)).value();
    CHECK(pause >= longest); // never shorter than before, so never overflown
    longest = pause;
  }
  CHECK(longest == 1s);
}
