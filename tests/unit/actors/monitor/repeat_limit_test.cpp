#include "actors/monitor/repeat_limit.hpp"

#include <catch2/catch.hpp>

using namespace weir::actors;
using namespace std::chrono_literals;

namespace {

int admitted(repeat_limit& limit, const char* kind, std::chrono::milliseconds now, int tries) {
  int count = 0;
  for (int i = 0; i < tries; ++i)
    count += limit.admit(kind, now);
  return count;
}

} // namespace

TEST_CASE("a few lines of a kind are written at once, the rest is counted", "[journal]") {
  repeat_limit limit{{5, 10s}};
  CHECK(admitted(limit, "refused", 0s, 1000) == 5);
  CHECK(limit.due(9'999ms).empty());
  CHECK(limit.due(10s) == std::vector<repeat_limit::suppressed>{{"refused", 995}});
  CHECK(limit.due(10s).empty());
}

TEST_CASE("later one line is written now and then", "[journal]") {
  repeat_limit limit{{5, 10s}};
  admitted(limit, "refused", 0s, 5);
  int count = 0;
  for (auto now = 0s; now < 1000s; now += 1s)
    count += limit.admit("refused", now);
  CHECK(count == 99);
}

TEST_CASE("a kind that was quiet may say as much as at first, and no more", "[journal]") {
  repeat_limit limit{{5, 10s}};
  CHECK(admitted(limit, "refused", 0s, 10) == 5);
  CHECK(admitted(limit, "refused", 1'000'000s, 10) == 5);
}

TEST_CASE("kinds do not bear on each other", "[journal]") {
  repeat_limit limit{{2, 10s}};
  CHECK(admitted(limit, "a", 0s, 10) == 2);
  CHECK(admitted(limit, "b", 0s, 10) == 2);
}

TEST_CASE("beyond the bound, kinds share a bucket", "[journal]") {
  repeat_limit limit{{1, 10s, 2}};
  CHECK(admitted(limit, "a", 0s, 2) == 1);
  CHECK(admitted(limit, "b", 0s, 2) == 1);
  CHECK(admitted(limit, "c", 0s, 2) == 1);
  CHECK(admitted(limit, "d", 0s, 2) == 0);
  CHECK(limit.rest() == std::vector<repeat_limit::suppressed>{{"a", 1}, {"b", 1}, {"other", 3}});
}

TEST_CASE("a clock that stands still or goes back gives nothing away", "[journal]") {
  repeat_limit limit{{1, 10s}};
  CHECK(admitted(limit, "a", 100s, 3) == 1);
  CHECK(admitted(limit, "a", 50s, 3) == 0);
  CHECK(admitted(limit, "a", 110s, 3) == 1);
}
