#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
#include <weir/testing.hpp>

#include "page_visits.hpp"

using namespace weir::testing;

TEST_CASE("visits are counted and added up by page") {
  test_driver driver{page_visits};
  driver.push({"ann / 120", "bob /prices 80", "ann /prices 20", "nonsense", "cem / soon"}).step();
  CHECK(driver.output("visits") == rows{{"/", "1 visits, 120 ms"}, {"/prices", "2 visits, 100 ms"}});
  CHECK(driver.output("unreadable") == rows{"nonsense", "cem / soon"});
}

TEST_CASE("a batch whose process dies is there once") {
  test_driver driver{page_visits};
  driver.push({"ann / 120"}).crash(moment::computed).recover();
  driver.push({"ann / 30"}).crash(moment::committed).recover();
  CHECK(driver.outputs("visits") == std::map<std::chrono::milliseconds, rows>{
                                      {std::chrono::seconds{1}, {{"/", "1 visits, 120 ms"}}},
                                      {std::chrono::seconds{2}, {{"/", "1 visits, 30 ms"}}},
                                    });
}

TEST_CASE("it gives the same straight, over crashes, and however it is cut") {
  CHECK(three_ways(page_visits, {{"ann / 1", "bob / 2", "ann /prices 3", "?"}, {}, {"cem / 4", "cem /prices 5"}}));
}
