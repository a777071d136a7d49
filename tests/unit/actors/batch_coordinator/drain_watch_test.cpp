#include "actors/batch_coordinator/drain_watch.hpp"

#include <catch2/catch.hpp>

using namespace weir;
using namespace weir::actors;
using namespace std::chrono_literals;

namespace {

constexpr input_id first{0}, second{1};

drain_watch::time_point at(std::chrono::milliseconds since) { return drain_watch::time_point{since}; }

} // namespace

TEST_CASE("an application has drained when every input has, and its last block is known", "[drain_watch]") {
  drain_watch rest;
  input_queue queue;
  rest.drained(first, epoch{1}, block_sequence{0}); // it had none
  CHECK(rest.all_drained(1, queue));
  CHECK_FALSE(rest.all_drained(2, queue));
  rest.drained(second, epoch{3}, block_sequence{1});
  CHECK_FALSE(rest.all_drained(2, queue)); // that block is on its way
  log::block_header header;
  header.id = {second, epoch{3}, block_sequence{1}};
  queue.blocks_ready(second, epoch{3}, {header});
  CHECK(rest.all_drained(2, queue));
}

TEST_CASE("an application is idle when all inputs rest and nothing is open, for so long without a break",
          "[drain_watch]") {
  drain_watch rest;
  auto idle = [&](std::chrono::milliseconds now, bool nothing_open = true) {
    return rest.idle_for(10ms, 2, nothing_open, at(now));
  };
  rest.activity(first, true);
  CHECK_FALSE(idle(0ms));
  CHECK_FALSE(idle(20ms)); // the second has said nothing
  rest.activity(second, true);
  CHECK_FALSE(idle(30ms));
  CHECK_FALSE(idle(39ms));
  CHECK(idle(40ms));
  CHECK_FALSE(idle(41ms, false)); // a batch is open
  CHECK_FALSE(idle(42ms));
  rest.busy();
  CHECK_FALSE(idle(60ms));
  CHECK(idle(70ms));
  rest.activity(first, false);
  CHECK_FALSE(idle(80ms));
}

TEST_CASE("a new epoch of an input takes back what older ones have said", "[drain_watch]") {
  drain_watch rest;
  input_queue queue;
  rest.activity(first, true);
  rest.drained(first, epoch{1}, {});
  CHECK(rest.has_drained(first));
  CHECK_FALSE(rest.has_drained(second));
  rest.opened(first, epoch{2});
  CHECK_FALSE(rest.has_drained(first));
  CHECK_FALSE(rest.idle_for(0ms, 1, true, at(0ms)));
  CHECK_FALSE(rest.idle_for(0ms, 1, true, at(1ms)));
  rest.drained(first, epoch{1}, {}); // late
  CHECK_FALSE(rest.all_drained(1, queue));
  rest.activity(first, true);
  rest.drained(first, epoch{2}, {});
  rest.opened(first, epoch{2}); // said again
  CHECK(rest.all_drained(1, queue));
  CHECK_FALSE(rest.idle_for(0ms, 1, true, at(2ms)));
  CHECK(rest.idle_for(0ms, 1, true, at(3ms)));
}
