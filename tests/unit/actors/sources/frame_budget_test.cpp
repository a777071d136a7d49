#include "actors/sources/frame_budget.hpp"

#include <map>
#include <random>
#include <set>

#include <catch2/catch.hpp>

using weir::actors::frame_budget;
using askers = std::vector<frame_budget::asker>;

TEST_CASE("while held back nobody is granted anything, and then all that fits, in order", "[budget]") {
  frame_budget budget{100};
  CHECK(budget.hold_back(true).empty());
  CHECK_FALSE(budget.ask(1, 40));
  CHECK_FALSE(budget.ask(2, 40));
  CHECK_FALSE(budget.ask(3, 40));
  CHECK(budget.release(0).empty());
  CHECK_FALSE(budget.ask(4, 40));
  CHECK(budget.hold_back(false) == askers{1, 2, 3}); // the third is the one that may go beyond the limit
  CHECK(budget.hand_on(3) == 40);
  CHECK(budget.release(40) == askers{4});
}

TEST_CASE("a budget grants until it is used up, then in the order of asking", "[budget]") {
  frame_budget budget{100};
  CHECK(budget.ask(1, 60));
  CHECK(budget.hand_on(1) == 60);
  CHECK(budget.ask(2, 40));
  CHECK(budget.hand_on(2) == 40);
  CHECK_FALSE(budget.ask(3, 50));
  CHECK_FALSE(budget.ask(4, 1)); // would fit after a small release, but 3 came first
  CHECK(budget.release(40).empty());
  CHECK(budget.release(60) == askers{3, 4});
  CHECK(budget.held() == 51);
}

TEST_CASE("what is larger than the budget is granted when nothing is handed on", "[budget]") {
  frame_budget budget{100};
  CHECK(budget.ask(1, 1000));
  CHECK_FALSE(budget.ask(2, 1));
  CHECK_FALSE(budget.ask(3, 500));
  CHECK(budget.hand_on(1) == 1000);
  CHECK(budget.release(1000) == askers{2, 3}); // the first fits, and the next one may go beyond
  CHECK_FALSE(budget.ask(4, 1));
}

TEST_CASE("one who leaves lets those behind pass, and gives up its unfinished frame", "[budget]") {
  frame_budget budget{100};
  CHECK(budget.ask(1, 50));
  CHECK(budget.hand_on(1) == 50);
  CHECK(budget.ask(2, 40));
  CHECK_FALSE(budget.ask(3, 50));
  CHECK_FALSE(budget.ask(4, 10));
  CHECK(budget.leave(3) == askers{4});
  CHECK(budget.leave(2).empty());
  CHECK(budget.held() == 60);
  CHECK(budget.hand_on(2) == 0);
}

TEST_CASE("only one unfinished frame at a time may go beyond the limit, and it does not wait behind others",
          "[budget]") {
  frame_budget budget{100};
  CHECK(budget.ask(1, 60));
  CHECK(budget.ask(2, 40));
  CHECK(budget.ask(1, 30)); // nothing is handed on: somebody must be able to go on
  CHECK_FALSE(budget.ask(2, 30));
  CHECK_FALSE(budget.ask(3, 30));
  CHECK(budget.ask(1, 30));
  CHECK(budget.hand_on(1) == 120);
  CHECK(budget.release(120) == askers{2, 3});
}

TEST_CASE("whoever holds memory for an unfinished frame is named when others wait, the eldest first", "[budget]") {
  frame_budget budget{100};
  CHECK(budget.ask(7, 30));
  CHECK(budget.ask(5, 50));
  CHECK(budget.idle_holders().empty()); // nobody waits
  CHECK(budget.ask(1, 20));
  CHECK(budget.hand_on(1) == 20);
  CHECK_FALSE(budget.ask(9, 10));
  CHECK(budget.idle_holders() == askers{7, 5});
  CHECK_FALSE(budget.ask(5, 10)); // it is not idle, it waits
  CHECK(budget.idle_holders() == askers{7});
  CHECK(budget.leave(7) == askers{9, 5});
  CHECK(budget.idle_holders().empty());
}

TEST_CASE("whatever is asked, nothing beyond the limit but one frame is held, and all who wait are served in the end",
          "[budget]") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random{seed};
    auto below = [&](std::uint64_t limit) { return random() % limit; };
    constexpr std::uint64_t limit = 1000, largest = 400, people = 12;
    frame_budget budget{limit};
    std::map<std::uint64_t, std::uint64_t> unfinished; ///< granted to each
    std::map<std::uint64_t, std::uint64_t> asked;      ///< by those who wait
    std::vector<std::uint64_t> handed_on;
    auto granted = [&](const askers& who) {
      for (auto each : who) {
        REQUIRE(asked.count(each) == 1);
        unfinished[each] += asked[each];
        asked.erase(each);
      }
    };
    auto hand_on = [&](std::uint64_t who) {
      if (asked.count(who) || !unfinished.count(who))
        return;
      CHECK(budget.hand_on(who) == unfinished[who]);
      handed_on.push_back(unfinished[who]);
      unfinished.erase(who);
    };
    auto release = [&] {
      if (handed_on.empty())
        return;
      auto bytes = handed_on.back();
      handed_on.pop_back();
      granted(budget.release(bytes));
    };
    auto look = [&] {
      std::uint64_t sum = 0, greatest = 0;
      for (auto& [who, bytes] : unfinished)
        sum += bytes, greatest = std::max(greatest, bytes);
      for (auto bytes : handed_on)
        sum += bytes, greatest = std::max(greatest, bytes);
      CHECK(budget.held() == sum);
      CHECK(sum <= limit + greatest);
      for (auto who : budget.idle_holders())
        CHECK((unfinished.count(who) == 1 && asked.count(who) == 0));
    };
    for (int step = 0; step < 300; ++step) {
      auto who = below(people);
      switch (below(6)) {
        case 0:
        case 1:
          if (!asked.count(who) && unfinished[who] < largest) {
            auto bytes = 1 + below(largest - unfinished[who]);
            if (budget.ask(who, bytes))
              unfinished[who] += bytes;
            else
              asked[who] = bytes;
          }
          break;
        case 2: hand_on(who); break;
        case 3: release(); break;
        case 4:
          asked.erase(who);
          unfinished.erase(who);
          granted(budget.leave(who));
          break;
        default: granted(budget.hold_back(below(4) == 0));
      }
      std::erase_if(unfinished, [](auto& each) { return each.second == 0; });
      look();
    }
    granted(budget.hold_back(false));
    for (int round = 0; round < 1000 && !asked.empty(); ++round) {
      for (std::uint64_t who = 0; who < people; ++who)
        hand_on(who);
      release();
    }
    CHECK(asked.empty());
  }
}
