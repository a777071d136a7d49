#include "actors/node/full_disk.hpp"

#include <catch2/catch.hpp>

using namespace weir::actors;
using namespace std::chrono_literals;

TEST_CASE("a full disk is told once when it begins, again after a minute, and when it is over", "[full_disk]") {
  full_disk disk;
  full_disk::time_point start{1h};
  CHECK_FALSE(disk.went_on(start));
  auto first = disk.refused(start, "/log: no space");
  REQUIRE(first);
  CHECK(first->find("/log: no space") == 0);
  CHECK(disk.lasts());
  CHECK_FALSE(disk.refused(start + 1s, "/log: no space"));
  CHECK(disk.refused(start + 61s, "/log: no space"));
  auto last = disk.went_on(start + 62s);
  REQUIRE(last);
  CHECK(last->find("62000 ms") != std::string::npos);
  CHECK_FALSE(disk.lasts());
  CHECK_FALSE(disk.went_on(start + 63s));
}

TEST_CASE("a disk that is full and not full by turns is not told of every time", "[full_disk]") {
  full_disk disk;
  int told = 0;
  for (int second = 0; second < 60; second += 2) {
    full_disk::time_point now{1h + std::chrono::seconds{second}};
    told += disk.refused(now, "full") ? 1 : 0;
    told += disk.went_on(now + 1s) ? 1 : 0;
  }
  CHECK(told == 2);
}
