#include "libstream/log/batch_calendar.hpp"

#include <random>

#include <catch2/catch.hpp>

using namespace weir;
using namespace weir::log;
using namespace std::chrono_literals;
using std::chrono::microseconds;

namespace {

constexpr std::int64_t now_us = 1'700'000'000'123'456;

batch_calendar after(microseconds interval, std::uint64_t number, std::int64_t time_ms) {
  batch_calendar calendar{interval};
  calendar.last_was({batch_id{number}, time_ms});
  return calendar;
}

} // namespace

TEST_CASE("the first batch has the time of the last multiple of the interval", "[batch_calendar]") {
  CHECK(batch_calendar{100ms}.next(now_us) == batch_calendar::entry{batch_id{17'000'000'001}, 1'700'000'000'100});
  CHECK(batch_calendar{1h}.next(5) == batch_calendar::entry{batch_id{1}, 0});
}

TEST_CASE("a clock that stands before 1970 gives times from 1970 on, which rise", "[batch_calendar]") {
  batch_calendar calendar{100ms};
  auto first = calendar.next(-1'234'567);
  CHECK(first == batch_calendar::entry{batch_id{1}, 0});
  calendar.last_was(first);
  CHECK(calendar.has_given(-1'000'000));
  CHECK(calendar.next(-1'000'000) == batch_calendar::entry{batch_id{2}, 100});
}

TEST_CASE("a number rises by the intervals that have passed", "[batch_calendar]") {
  CHECK(after(100ms, 7, 1'700'000'000'000).next(now_us).number == batch_id{8});
  CHECK(after(100ms, 7, 1'699'999'999'100).next(now_us).number == batch_id{17});
}

// Times were number * interval: a batch number of 100 ms, times one second, was a time in the year 2539.
TEST_CASE("another interval changes neither the age nor the order of batch times", "[batch_calendar]") {
  auto number = std::uint64_t{17'000'000'000};
  auto before_ms = std::int64_t{1'700'000'000'000};
  CHECK(after(1s, number, before_ms).next(now_us).time_ms == before_ms + 1000);
  CHECK(after(1h, number, before_ms).next(now_us).time_ms - before_ms < 3'600'000);
  CHECK(after(1ms, number, before_ms).next(now_us).time_ms == before_ms + 123);
  CHECK(after(1ms, number, before_ms).next(now_us).number == batch_id{number + 123});
}

TEST_CASE("a batch that a life before has given is not given again, unless the clock was set back",
          "[batch_calendar]") {
  CHECK(after(100ms, 7, 1'700'000'000'100).has_given(now_us));
  CHECK_FALSE(after(100ms, 7, 1'700'000'000'000).has_given(now_us));
  CHECK(after(1h, 7, 1'700'000'000'100).has_given(now_us));          // of a shorter interval, within the present one
  CHECK_FALSE(after(100ms, 7, 1'700'000'100'000).has_given(now_us)); // set back by 100 s: batches do not wait for it
  CHECK_FALSE(batch_calendar{100ms}.has_given(now_us));
}

TEST_CASE("times that an older version let overflow are followed by later ones", "[batch_calendar]") {
  for (auto time_ms : {std::int64_t{-9'223'372'036'854'775}, std::int64_t{-1}, std::int64_t{9'223'372'036'854'775},
                       std::int64_t{9'223'372'036'854'775 - 10'000'000'000}, std::int64_t{17'966'000'000'000}}) {
    INFO(time_ms);
    auto calendar = after(1h, 400'000'000'000, time_ms);
    auto next = calendar.next(now_us);
    CHECK(next.time_ms > time_ms);
    CHECK(next.number > batch_id{400'000'000'000});
    CHECK(next.number < batch_id{500'000'000'000});
  }
}

TEST_CASE(
  "over restarts with any intervals and jumps of the wall clock, numbers and times rise and stay near the clock",
  "[batch_calendar]") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random{seed};
    auto wall_us = now_us + static_cast<std::int64_t>(random() % 1'000'000'000);
    std::int64_t set_back_us = 0; // in all
    batch_calendar::entry last;
    std::int64_t longest_us = 0;
    for (int life = 0; life < 20; ++life) {
      auto interval = microseconds{random() % 3 == 0 ? 1'000 * (1 + random() % 3'600'000) : 1'000 + random() % 100'000};
      longest_us = std::max<std::int64_t>(longest_us, interval.count());
      batch_calendar calendar{interval};
      calendar.last_was(last);
      for (int batch = 0; batch < 20; ++batch) {
        // Not before the steady clock is at the next boundary.
        wall_us +=
          interval.count() + static_cast<std::int64_t>(random() % 3 * static_cast<std::uint64_t>(interval.count()));
        if (random() % 10 == 0) {
          auto jump = static_cast<std::int64_t>(random() % 20'000'000) - 10'000'000;
          wall_us += jump;
          set_back_us += std::max<std::int64_t>(0, -jump);
        }
        if (calendar.has_given(wall_us))
          continue;
        auto next = calendar.next(wall_us);
        REQUIRE(next.number > last.number);
        REQUIRE(next.time_ms > last.time_ms);
        auto multiple = (next.time_ms * 1000 + 999) / interval.count() * interval.count();
        REQUIRE(next.time_ms == multiple / 1000);
        REQUIRE(next.time_ms * 1000 <= wall_us + set_back_us + 2 * longest_us);
        REQUIRE(next.time_ms * 1000 > wall_us - interval.count() - 1'000);
        calendar.last_was(last = next);
      }
    }
  }
}
