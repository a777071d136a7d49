#include "actors/sources/frame_budget.hpp"

#include <map>
#include <random>
#include <set>

#include <catch2/catch.hpp>

using weir::actors::frame_budget;
using weir::actors::piece_kind;
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
  CHECK(budget.holders_in_the_way().empty()); // nobody waits
  CHECK(budget.ask(1, 20));
  CHECK(budget.hand_on(1) == 20);
  CHECK_FALSE(budget.ask(9, 10));
  CHECK(budget.holders_in_the_way() == askers{7, 5});
  CHECK_FALSE(budget.ask(5, 10)); // it is not idle, it waits
  CHECK(budget.holders_in_the_way() == askers{7});
  CHECK(budget.leave(7) == askers{9, 5});
  CHECK(budget.holders_in_the_way().empty());
}

TEST_CASE("large frames that are never finished leave room for small ones and for those that are whole", "[budget]") {
  frame_budget budget{1000};
  for (frame_budget::asker stranger = 1; stranger <= 150; ++stranger)
    budget.ask(stranger, 10, piece_kind::of_large_frame);
  CHECK(budget.unfinished() == 510); // half, and one that may go beyond
  CHECK(budget.ask(200, 100, piece_kind::of_small_frame));
  CHECK(budget.ask(200, 20, piece_kind::of_small_frame));
  CHECK(budget.hand_on(200) == 120);
  CHECK(budget.ask(201, 300, piece_kind::last));
  CHECK(budget.hand_on(201) == 300);
  CHECK(budget.grant_waiting().empty());
  CHECK(budget.release(420).empty());
}

TEST_CASE("small frames that are never finished leave room for those that are whole", "[budget]") {
  frame_budget budget{1000};
  for (frame_budget::asker stranger = 1; stranger <= 150; ++stranger)
    budget.ask(stranger, 10, piece_kind::of_small_frame);
  CHECK(budget.unfinished() == 760);
  CHECK(budget.ask(200, 240, piece_kind::last));
  CHECK(budget.hand_on(200) == 240);
}

TEST_CASE("whoever waits for the limit is not passed by those who ask later", "[budget]") {
  frame_budget budget{1000};
  CHECK(budget.ask(1, 800));
  CHECK(budget.hand_on(1) == 800);
  CHECK_FALSE(budget.ask(2, 300, piece_kind::of_large_frame));
  CHECK_FALSE(budget.ask(3, 10, piece_kind::of_small_frame));
  CHECK_FALSE(budget.ask(4, 10, piece_kind::last));
  CHECK_FALSE(budget.waits_for_unfinished());
  CHECK(budget.release(800) == askers{2, 3, 4});
}

TEST_CASE("a frame that is handed on makes room for other unfinished ones", "[budget]") {
  frame_budget budget{1000};
  CHECK(budget.ask(1, 400, piece_kind::of_large_frame));
  CHECK(budget.ask(2, 200, piece_kind::of_large_frame)); // goes beyond the half
  CHECK_FALSE(budget.ask(3, 200, piece_kind::of_large_frame));
  CHECK(budget.waits_for_unfinished());
  CHECK(budget.hand_on(1) == 400);
  CHECK(budget.grant_waiting() == askers{3});
  CHECK(budget.waits_ended() == 1);
  CHECK_FALSE(budget.waits_for_unfinished());
}

TEST_CASE("when nobody gets on, those who wait are named with the others, the eldest first", "[budget]") {
  frame_budget budget{1000};
  CHECK(budget.ask(7, 300, piece_kind::of_large_frame));
  CHECK(budget.ask(5, 300, piece_kind::of_large_frame));
  CHECK_FALSE(budget.ask(7, 100, piece_kind::of_large_frame));
  CHECK(budget.holders_in_the_way() == askers{5});
  CHECK(budget.holders_in_the_way(true) == askers{7, 5});
}

TEST_CASE("whatever is asked, nothing beyond the limit but one frame is held, and all who wait are served in the end",
          "[budget]") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random{seed};
    auto below = [&](std::uint64_t limit) { return random() % limit; };
    constexpr std::uint64_t limit = 1000, largest = 400, people = 12;
    constexpr piece_kind kinds[]{piece_kind::of_large_frame, piece_kind::of_small_frame, piece_kind::last};
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
      for (auto who : budget.holders_in_the_way())
        CHECK((unfinished.count(who) == 1 && asked.count(who) == 0));
    };
    for (int step = 0; step < 300; ++step) {
      auto who = below(people);
      switch (below(6)) {
        case 0:
        case 1:
          if (!asked.count(who) && unfinished[who] < largest) {
            auto bytes = 1 + below(largest - unfinished[who]);
            if (budget.ask(who, bytes, kinds[below(3)]))
              unfinished[who] += bytes;
            else
              asked[who] = bytes;
          }
          break;
        case 2:
          hand_on(who);
          granted(budget.grant_waiting());
          break;
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
      granted(budget.grant_waiting());
      release();
    }
    CHECK(asked.empty());
  }
}
