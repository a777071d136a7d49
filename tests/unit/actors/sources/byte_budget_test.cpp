#include "actors/sources/byte_budget.hpp"

#include <catch2/catch.hpp>

using weir::actors::byte_budget;
using askers = std::vector<byte_budget::asker>;

TEST_CASE("while held back nobody is granted anything, and then all that fits, in order", "[byte_budget]") {
  byte_budget budget{100};
  CHECK(budget.hold_back(true).empty());
  CHECK_FALSE(budget.ask(1, 40));
  CHECK_FALSE(budget.ask(2, 40));
  CHECK_FALSE(budget.ask(3, 40));
  CHECK(budget.release(0).empty());
  CHECK(budget.hold_back(false) == std::vector<byte_budget::asker>{1, 2});
  CHECK(budget.release(40) == std::vector<byte_budget::asker>{3});
}

TEST_CASE("a budget grants until it is used up, then in the order of asking", "[budget]") {
  byte_budget budget{100};
  CHECK(budget.ask(1, 60));
  CHECK(budget.ask(2, 40));
  CHECK_FALSE(budget.ask(3, 50));
  CHECK_FALSE(budget.ask(4, 1)); // would fit after a small release, but 3 came first
  CHECK(budget.release(40).empty());
  CHECK(budget.release(60) == askers{3, 4});
  CHECK(budget.held() == 51);
}

TEST_CASE("what is larger than the budget is granted when nothing else is held", "[budget]") {
  byte_budget budget{100};
  CHECK(budget.ask(1, 1000));
  CHECK_FALSE(budget.ask(2, 1));
  CHECK_FALSE(budget.ask(3, 500));
  CHECK(budget.release(1000) == askers{2});
  CHECK(budget.release(1) == askers{3});
}

TEST_CASE("one who leaves the queue lets those behind pass", "[budget]") {
  byte_budget budget{100};
  CHECK(budget.ask(1, 90));
  CHECK_FALSE(budget.ask(2, 50));
  CHECK_FALSE(budget.ask(3, 10));
  CHECK(budget.cancel(2) == askers{3});
  CHECK(budget.held() == 100);
}
