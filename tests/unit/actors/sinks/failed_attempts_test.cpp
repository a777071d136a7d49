#include "actors/sinks/failed_attempts.hpp"

#include <catch2/catch.hpp>

using namespace weir::actors;
using namespace std::chrono_literals;

TEST_CASE("pauses between attempts double up to a limit, and the last failure has none", "[sink]") {
  failed_attempts attempts{12};
  std::vector<std::chrono::milliseconds> pauses;
  while (auto pause = attempts.failed())
    pauses.push_back(*pause);
  CHECK(pauses ==
        std::vector<std::chrono::milliseconds>{100ms, 200ms, 400ms, 800ms, 1600ms, 3200ms, 6400ms, 10s, 10s, 10s, 10s});
  CHECK(attempts.count() == 12);
}

TEST_CASE("each batch has all its attempts", "[sink]") {
  failed_attempts attempts{2};
  CHECK(attempts.failed() == 100ms);
  attempts.over();
  CHECK(attempts.failed() == 100ms);
  CHECK_FALSE(attempts.failed());
}

TEST_CASE("one attempt is one attempt", "[sink]") {
  failed_attempts attempts{1};
  CHECK_FALSE(attempts.failed());
}
