#include "actors/supervisor/tree_board.hpp"

#include <catch2/catch.hpp>

using namespace weir::actors;
using namespace std::chrono_literals;

TEST_CASE("a restart takes from the order to kill an actor, or from its end, and never from an earlier one",
          "[tree_board]") {
  tree_board board;
  board.enlist("writer", "", false);
  auto row = [&] { return board.rows().at(0); };
  auto begin = tree_board::time_point{} + 1h;
  board.started("writer", nullptr, begin);
  CHECK(row().restarts == 0);
  CHECK_FALSE(row().restart_took);

  board.doomed("writer", begin + 10s);
  board.ended("writer", child_state::waiting, "killed", begin + 11s);
  board.started("writer", nullptr, begin + 13s);
  CHECK(row().restarts == 1);
  CHECK(row().restart_took == 3s);

  board.ended("writer", child_state::waiting, "died by itself", begin + 60s);
  board.started("writer", nullptr, begin + 62s);
  CHECK(row().restarts == 2);
  CHECK(row().restart_took == 2s);
  CHECK(row().last_reason == "died by itself");

  board.doomed("writer", begin + 90s); // it is started before its end is known
  board.started("writer", nullptr, begin + 91s);
  CHECK(row().restart_took == 1s);
}
