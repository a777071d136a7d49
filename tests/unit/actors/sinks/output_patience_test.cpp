#include "actors/sinks/output_patience.hpp"

#include <vector>

#include <catch2/catch.hpp>

using namespace weir::actors;
using namespace std::chrono_literals;
using pauses = std::vector<std::chrono::milliseconds>;

namespace {

/// Every attempt fails at once, up to so many.
pauses pauses_of(output_patience& patience, std::size_t most) {
  pauses found;
  output_patience::time_point now{1h};
  while (found.size() < most) {
    auto pause = patience.failed(now);
    if (!pause)
      break;
    found.push_back(*pause);
    now += *pause;
  }
  return found;
}

} // namespace

TEST_CASE("pauses between attempts double up to a longest one, and with a distant limit there is always another",
          "[sink]") {
  output_patience patience{876'000h};
  CHECK(pauses_of(patience, 9) == pauses{100ms, 200ms, 400ms, 800ms, 1600ms, 3200ms, 5s, 5s, 5s});
  CHECK(pauses_of(patience, 10'000).size() == 10'000);
}

TEST_CASE("the last attempt is made when the limit is reached", "[sink]") {
  output_patience patience{1s};
  CHECK(pauses_of(patience, 100) == pauses{100ms, 200ms, 400ms, 300ms});
  CHECK(patience.count() == 5);
  output_patience none{0ms};
  CHECK(pauses_of(none, 100).empty());
}

TEST_CASE("each batch has all the time", "[sink]") {
  output_patience patience{1s};
  output_patience::time_point now{1h};
  CHECK(patience.failed(now) == 100ms);
  CHECK(patience.failed(now + 950ms) == 50ms);
  patience.over();
  CHECK(patience.failed(now + 950ms) == 100ms);
  CHECK(patience.lasted(now + 1s) == 50ms);
}

TEST_CASE("a person is told when failures begin, once a minute while they last, and when they are over", "[sink]") {
  output_patience patience{876'000h};
  output_patience::time_point now{1h};
  CHECK_FALSE(patience.over());
  patience.failed(now);
  CHECK(patience.may_tell(now));
  CHECK_FALSE(patience.may_tell(now + 59s));
  CHECK(patience.may_tell(now + 60s));
  CHECK(patience.over());
  CHECK_FALSE(patience.over());
  // One that fails by turns says no more for that.
  patience.failed(now + 61s);
  CHECK_FALSE(patience.may_tell(now + 61s));
  CHECK_FALSE(patience.over());
}
