#include "actors/batch_coordinator/pid_rate_estimator.hpp"

#include <random>
#include <vector>

#include <catch2/catch.hpp>

using namespace weir;
using namespace weir::actors;
using namespace std::chrono_literals;

namespace {

// Spark's PIDRateEstimatorSuite: interval 20 ms, Kp 1, Ki 0, Kd 0, least rate 10.
pid_rate_estimator::parameters suite() { return {20ms, 1, 0, 0, 10}; }

pid_rate_estimator make(const pid_rate_estimator::parameters& given) {
  auto made = pid_rate_estimator::make(given);
  REQUIRE(made);
  return *made;
}

} // namespace

TEST_CASE("a rate estimator refuses parameters out of range, by their names (PIDRateEstimatorSuite)", "[rates]") {
  auto [change, name] = GENERATE(table<void (*)(pid_rate_estimator::parameters&), std::string>({
    {[](auto& p) { p.batch_interval = 0ms; }, "batch_interval"},
    {[](auto& p) { p.proportional = -1; }, "backpressure.proportional"},
    {[](auto& p) { p.integral = -1; }, "backpressure.integral"},
    {[](auto& p) { p.derived = -1; }, "backpressure.derived"},
    {[](auto& p) { p.min_rate = 0; }, "backpressure.min_rate"},
    {[](auto& p) { p.min_rate = -10; }, "backpressure.min_rate"},
  }));
  auto given = suite();
  change(given);
  auto made = pid_rate_estimator::make(given);
  REQUIRE_FALSE(made);
  CHECK(made.error().code == error_code::configuration);
  CHECK(made.error().where == name);
}

TEST_CASE("the first batch yields no rate, the second one what was processed (PIDRateEstimatorSuite)", "[rates]") {
  auto estimator = make(suite());
  CHECK_FALSE(estimator.batch_ended(0ms, 10, 10ms, 0ms));
  CHECK(estimator.batch_ended(10ms, 10, 10ms, 0ms) == 1000.0);
}

TEST_CASE("a batch without time, records or processing delay yields no rate (PIDRateEstimatorSuite)", "[rates]") {
  auto estimator = make(suite());
  CHECK_FALSE(estimator.batch_ended(0ms, 10, 10ms, 0ms));
  CHECK(estimator.batch_ended(10ms, 10, 10ms, 0ms));
  CHECK_FALSE(estimator.batch_ended(10ms, 10, 10ms, 0ms));
  CHECK_FALSE(estimator.batch_ended(9ms, 10, 10ms, 0ms));
  for (auto records : {0, -10})
    CHECK_FALSE(estimator.batch_ended(20ms, records, 10ms, 0ms));
  for (auto delay : {0ms, -10ms})
    CHECK_FALSE(estimator.batch_ended(20ms, 10, delay, 0ms));
  CHECK(estimator.batch_ended(20ms, 10, 10ms, 0ms) == 1000.0);
}

TEST_CASE("a rate is never below the least (PIDRateEstimatorSuite)", "[rates]") {
  auto estimator = make({20ms, 1, 1, 0, 5});
  CHECK_FALSE(estimator.batch_ended(0ms, 1, 20ms, 100ms));
  for (int call = 1; call < 50; ++call)
    CHECK(estimator.batch_ended(call * 20ms, 1, 20ms, 100ms) == 5.0);
}

TEST_CASE("a rate follows a speed-up, and falls with what waits (PIDRateEstimatorSuite)", "[rates]") {
  auto estimator = make({20ms, 1, 1, 0, 10});
  CHECK_FALSE(estimator.batch_ended(0ms, 20, 20ms, 0ms));
  for (int call = 1; call < 50; ++call)
    CHECK(*estimator.batch_ended(call * 20ms, 20 * (call + 1), 20ms, 0ms) == Approx((call + 1) * 1000.0));
  // Ki × (10 ms of 50,000 records a second) ∕ 20 ms
  CHECK(*estimator.batch_ended(1000ms, 1000, 20ms, 10ms) == Approx(50'000.0 - 25'000.0));
}

TEST_CASE("a rate estimator computes Spark's formula, written down a second time", "[rates]") {
  std::mt19937 random{42};
  auto draw = [&](int most) { return std::uniform_int_distribution{0, most}(random); };
  for (int round = 0; round < 20; ++round) {
    pid_rate_estimator::parameters given{std::chrono::milliseconds{1 + draw(500)}, draw(20) / 10.0, draw(10) / 10.0,
                                         draw(10) / 10.0, 1.0 + draw(200)};
    auto estimator = make(given);
    double rate = -1, error = -1, time = -1;
    for (int call = 0; call < 50; ++call) {
      auto at = std::max(time, 0.0) + draw(200);
      auto records = draw(1000), processing = draw(300), waiting = draw(300);
      std::optional<double> expected;
      if (at > time && records > 0 && processing > 0) {
        auto processed = records * 1000.0 / processing;
        auto now = rate - processed;
        auto historical = waiting * processed / (static_cast<double>(given.batch_interval.count()) / 1000);
        auto next = std::max(given.min_rate, rate - given.proportional * now - given.integral * historical -
                                               given.derived * (now - error) / ((at - time) / 1000));
        if (rate >= 0)
          expected = next;
        error = rate >= 0 ? now : 0;
        rate = rate >= 0 ? next : processed;
        time = at;
      }
      auto computed = estimator.batch_ended(std::chrono::milliseconds{static_cast<int>(at)}, records,
                                            std::chrono::milliseconds{processing}, std::chrono::milliseconds{waiting});
      REQUIRE(computed.has_value() == expected.has_value());
      if (computed)
        CHECK(*computed == Approx(*expected));
    }
  }
}
