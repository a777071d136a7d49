#include "actors/receiver/rate_gate.hpp"

#include <random>

#include <catch2/catch.hpp>

using namespace weir::actors;
using namespace std::chrono_literals;
using std::chrono::microseconds;

namespace {

token_bucket::time_point at(microseconds time) { return token_bucket::time_point{1h} + time; }

} // namespace

TEST_CASE("a pack may be larger than the rate, and the next one waits for it", "[rates]") {
  token_bucket bucket{100ms};
  bucket.set_rate(1000, at(0us));
  CHECK_FALSE(bucket.wait(at(0us)));
  bucket.take(500, at(0us));
  REQUIRE(bucket.wait(at(0us)));
  CHECK(bucket.wait(at(0us))->count() == Approx(500'000).margin(2));
  CHECK(bucket.wait(at(400ms))->count() == Approx(100'000).margin(2));
  CHECK_FALSE(bucket.wait(at(501ms)));
}

TEST_CASE("without a rate nothing waits, and what came then is not owed later", "[rates]") {
  token_bucket bucket{100ms};
  bucket.take(1'000'000, at(0us));
  CHECK_FALSE(bucket.wait(at(0us)));
  bucket.set_rate(10, at(1ms));
  CHECK_FALSE(bucket.wait(at(1ms)));
}

TEST_CASE("no more than a burst is saved up while nothing comes", "[rates]") {
  token_bucket bucket{100ms};
  bucket.set_rate(1000, at(0us));
  bucket.take(101, at(1h));
  CHECK(bucket.wait(at(1h))->count() == Approx(1'000).margin(2));
}

TEST_CASE("whatever the packs and their times, a rate is kept over any span, but for one pack and one burst",
          "[rates]") {
  std::mt19937 random{GENERATE(1, 2, 3)};
  token_bucket bucket{50ms};
  constexpr std::uint64_t rate = 2'000;
  bucket.set_rate(rate, at(0us));
  microseconds now{0};
  std::uint64_t taken = 0;
  for (int pack = 0; pack < 2'000; ++pack) {
    if (auto wait = bucket.wait(at(now)))
      now += *wait;
    now += microseconds{random() % 3'000 * (random() % 10 == 0)};
    auto records = 1 + random() % 100;
    bucket.take(records, at(now));
    taken += records;
    auto allowed = static_cast<double>(rate) * (static_cast<double>(now.count()) / 1e6 + 0.05) + 100;
    REQUIRE(static_cast<double>(taken) <= allowed + 1);
  }
}

TEST_CASE("a gate closes when more came than may, and opens when it is time or the rate rises", "[rates]") {
  rate_gate gate{100ms};
  gate.set_rate(1000, at(0us));
  CHECK_FALSE(gate.look(at(0us)).hold_back);
  gate.took(300, at(0us));
  auto closed = gate.look(at(0us));
  CHECK(closed.hold_back == true);
  REQUIRE(closed.look_again);
  CHECK(closed.look_again->count() == Approx(300'000).margin(2));
  gate.took(100, at(0us)); // was on its way
  auto still = gate.look(at(0us));
  CHECK_FALSE(still.hold_back);
  CHECK_FALSE(still.look_again); // a timer runs
  gate.waited();
  auto longer = gate.look(at(300ms));
  CHECK_FALSE(longer.hold_back);
  CHECK(longer.look_again->count() == Approx(100'000).margin(2));
  gate.set_rate(0, at(300ms));
  auto open = gate.look(at(300ms));
  CHECK(open.hold_back == false);
  CHECK_FALSE(open.look_again);
  gate.waited();
  CHECK_FALSE(gate.look(at(400ms)).hold_back);
}

TEST_CASE("a constant rate of 100, then 200, then 300 reaches the gate (RateControllerSuite)", "[rates]") {
  rate_gate gate{100ms};
  for (std::uint64_t rate : {100, 200, 300}) {
    gate.set_rate(rate, at(0us));
    CHECK(gate.rate() == rate);
  }
}
