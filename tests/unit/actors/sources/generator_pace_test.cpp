#include "actors/sources/generator_pace.hpp"

#include <catch2/catch.hpp>

#include "actors/sources/retry_pause.hpp"

using namespace weir::actors;
using namespace std::chrono_literals;

namespace {

generator_options lines(std::uint64_t count, std::uint64_t rate) {
  generator_options options;
  options.count = count;
  options.rate = rate;
  return options;
}

} // namespace

TEST_CASE("without a rate lines are always due, a group at a time, until the count is reached", "[generate]") {
  generator_pace pace{lines(5'000, 0)};
  pace.begin(0);
  std::uint64_t made = 0;
  while (!pace.finished()) {
    auto due = pace.due(0us);
    REQUIRE(due > 0);
    REQUIRE(due * 100 <= generator_pace::group_bytes);
    CHECK(pace.take(due, 0us) == made);
    made += due;
  }
  CHECK(made == 5'000);
  CHECK(pace.due(0us) == 0);
}

TEST_CASE("with a rate what was missed is made up for, and a restart goes on at the same rate", "[generate]") {
  generator_pace pace{lines(1'000'000, 1000)};
  pace.begin(500);
  CHECK(pace.due(0us) == 0);
  CHECK(pace.until_due(0us) >= generator_pace::step);
  CHECK(pace.due(10ms) == 10);
  CHECK(pace.take(10, 10ms) == 500);
  CHECK(pace.due(10ms) == 0);
  CHECK(pace.due(1s) == 990);
  CHECK(pace.take(990, 1s) == 510);
  auto pause = pace.until_due(1s);
  CHECK(pace.due(1s + pause) >= 1);
}

TEST_CASE("a limit holds a generator back from its first line on, whatever its own rate is", "[generate][rates]") {
  auto own_rate = GENERATE(std::uint64_t{0}, std::uint64_t{100'000});
  generator_pace pace{lines(1'000'000'000, own_rate)};
  pace.limit(50, 0us);
  pace.begin(0);
  std::uint64_t second_began = 0, made = 0;
  for (auto second = 1s; second <= 5s; second += 1s) {
    for (std::chrono::microseconds now = second - 1s; now < second; now += pace.until_due(now)) {
      auto due = pace.due(now);
      pace.take(due, now);
      made += due;
    }
    CHECK(made - second_began <= 53);
    CHECK(made - second_began >= 48);
    second_began = made;
  }
  pace.limit(0, 5s);
  CHECK(pace.due(5s) > 1'000);
}

TEST_CASE("a slow rate waits for its line and not in a loop", "[generate]") {
  generator_pace pace{lines(10, 1)};
  pace.begin(0);
  CHECK(pace.until_due(0us) > 990ms);
  CHECK(pace.due(pace.until_due(0us)) == 1);
}

TEST_CASE("a generator that is done before it begins makes nothing", "[generate]") {
  generator_pace pace{lines(10, 0)};
  pace.begin(10);
  CHECK(pace.finished());
  CHECK(pace.due(1s) == 0);
}

TEST_CASE("generated lines carry their numbers from 1 and the bytes that the tool prints", "[generate]") {
  text_generator generator{{}};
  auto some = make_lines(generator, 7, 3);
  CHECK(some.first == 8);
  CHECK(some.count == 3);
  CHECK(some.producer == "generate");
  std::string expected(300 + text_generator::slack_bytes, '?');
  for (std::uint64_t i = 0; i < 3; ++i)
    generator.write_line(7 + i, expected.data() + i * 100);
  CHECK(some.bytes->view() == expected.substr(0, 300));
}

TEST_CASE("pauses between attempts double, stay bounded, differ by chance, and begin anew after a success", "[tcp]") {
  retry_pause pause{2s};
  auto near = [](std::chrono::milliseconds found, std::chrono::milliseconds wanted) {
    return found >= wanted * 3 / 4 && found <= wanted * 5 / 4;
  };
  CHECK(near(pause.next(1), 2s));
  CHECK(near(pause.next(2), 4s));
  for (std::uint64_t i = 0; i < 100; ++i)
    CHECK(pause.next(i * 7919) <= 40s);
  pause.succeeded();
  CHECK(near(pause.next(999), 2s));
  retry_pause other{2s};
  CHECK(other.next(1) != retry_pause{2s}.next(700));
}
