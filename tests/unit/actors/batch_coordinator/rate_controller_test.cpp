#include "actors/batch_coordinator/rate_controller.hpp"

#include <catch2/catch.hpp>

using namespace weir;
using namespace weir::actors;
using namespace std::chrono_literals;

namespace {

rate_controller::parameters enabled() {
  rate_controller::parameters given;
  given.enabled = true;
  given.pid = {100ms, 1, 0, 0, 10};
  return given;
}

constexpr input_id first{0}, second{1};

} // namespace

TEST_CASE("rates are published after batches, each input's own (RateControllerSuite)", "[rates]") {
  rate_controller rates{enabled()};
  CHECK_FALSE(rates.rate(first));
  CHECK_FALSE(rates.batch_computed(first, 100, 0ms, 0ms, 50ms, 0ms));
  CHECK_FALSE(rates.batch_computed(second, 100, 0ms, 0ms, 50ms, 0ms));
  CHECK(rates.batch_computed(first, 100, 100ms, 100ms, 150ms, 50ms) == 2000u);
  CHECK(rates.batch_computed(second, 10, 100ms, 100ms, 150ms, 50ms) == 200u);
  CHECK(rates.rate(first) == 2000u);
  CHECK(rates.rate(second) == 200u);
}

TEST_CASE("without back-pressure no rate is computed, and the greatest rate holds all the same", "[rates]") {
  auto given = enabled();
  given.enabled = false;
  given.initial_rate = 5;
  CHECK(rate_controller::first_rate(given) == 0);
  given.max_rate = 300;
  CHECK(rate_controller::first_rate(given) == 300);
  rate_controller rates{given};
  for (int batch = 0; batch < 3; ++batch)
    CHECK_FALSE(rates.batch_computed(first, 100, batch * 100ms, batch * 100ms, batch * 100ms + 50ms, 0ms));
}

TEST_CASE("the first rate is the initial one, or the greatest, whichever is less", "[rates]") {
  auto given = enabled();
  CHECK(rate_controller::first_rate(given) == 0);
  given.initial_rate = 500;
  CHECK(rate_controller::first_rate(given) == 500);
  given.max_rate = 300;
  CHECK(rate_controller::first_rate(given) == 300);
  given.initial_rate = 0;
  CHECK(rate_controller::first_rate(given) == 300);
}

TEST_CASE("no rate is greater than the greatest that was set", "[rates]") {
  auto given = enabled();
  given.max_rate = 300;
  rate_controller rates{given};
  rates.batch_computed(first, 100, 0ms, 0ms, 50ms, 0ms);
  CHECK(rates.batch_computed(first, 100, 100ms, 100ms, 150ms, 50ms) == 300u);
}

TEST_CASE("a batch that overlaps the one before is measured from where it was alone", "[rates]") {
  rate_controller rates{enabled()};
  rates.batch_computed(first, 100, 0ms, 0ms, 50ms, 0ms);
  // Starts at 40 ms, alone from 50 ms to 100 ms: 100 records in 50 ms.
  CHECK(rates.batch_computed(first, 100, 40ms, 40ms, 100ms, 50ms) == 2000u);
  auto waits = enabled();
  waits.pid.integral = 1;
  rate_controller paced{waits};
  paced.batch_computed(first, 100, 0ms, 0ms, 50ms, 0ms);
  // Due at 0 ms, alone from 50 ms: half an interval of 2000 records a second waits.
  CHECK(paced.batch_computed(first, 100, 0ms, 10ms, 100ms, 50ms) == 1000u);
}
