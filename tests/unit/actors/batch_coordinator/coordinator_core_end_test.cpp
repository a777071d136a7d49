#include <catch2/catch.hpp>

#include "tests/unit/actors/batch_coordinator/core_world.hpp"

using namespace weir;
using namespace weir::actors;
using namespace weir::actors::core_test;

namespace {

bool has_finished(const world& w) { return !w.wanted<say_finished>().empty(); }

} // namespace

TEST_CASE("a drain seals at once all that was taken, and ends when all of it is over", "[coordinator_core]") {
  world w;
  w.facts.bounds.max_batch_bytes = 200;
  w.facts.bounds.max_batches_in_flight = 2;
  w.claim();
  w.tell(blocks(1, 5)).forget();
  w.tell(drain{});
  CHECK(w.order() == "ds!Rs!R"); // as many as may be in flight
  CHECK(w.said<drain_input>().at(0).coordinator == own_epoch);
  w.tell(drain{});
  CHECK(w.said<drain_input>().size() == 1);
  w.tell(input_drained{first, epoch{1}, block_sequence{6}});
  w.conclude(w.records[0].id.value).conclude(w.records[1].id.value);
  REQUIRE(w.records.size() == 3);
  w.conclude(w.records[2].id.value);
  CHECK_FALSE(has_finished(w)); // block 6 is on its way
  w.tell(blocks(6, 6));         // no interval is waited for
  REQUIRE(w.records.size() == 4);
  w.compute(w.newest()).commit(w.newest()).publish(w.newest(), files).publish(w.newest(), shown);
  CHECK_FALSE(has_finished(w));
  w.finish(w.newest());
  CHECK(w.wanted<say_finished>().size() == 1);
  w.tell(input_drained{first, epoch{1}, block_sequence{6}});
  CHECK(w.wanted<say_finished>().size() == 1);
}

TEST_CASE("a drain waits for the word of every input that anybody reads", "[coordinator_core]") {
  world w;
  w.facts.inputs.push_back({"weir://second", 0, false, false, {}});
  w.facts.inputs.push_back({"weir://old", UINT32_MAX, true, false, {}});
  w.claim();
  w.tell(drain{});
  w.tell(input_drained{first, epoch{1}, {}});
  CHECK_FALSE(has_finished(w));
  w.forget();
  w.retry();
  CHECK(w.order() == "yFd");
  CHECK(w.asked<drain_input>() == std::vector<address>{{role::receiver, 1}}); // the one that has not said it
  w.tell(input_drained{second, epoch{1}, {}});
  CHECK(has_finished(w));
  w.forget();
  w.retry();
  CHECK(w.order() == "yF");
}

TEST_CASE("a drain that begins before the coordinator has its epoch is told to receivers afterwards",
          "[coordinator_core]") {
  world w;
  w.begin();
  w.tell(drain{}).tell(input_drained{first, {}, {}});
  CHECK(w.order() == "cy");
  CHECK_FALSE(has_finished(w));
  w.claim();
  CHECK(w.order() == "cyLFBidBZ");
}

TEST_CASE("a receiver that begins while the application drains is told so with its epoch, and its word is waited for",
          "[coordinator_core]") {
  world w;
  w.claim();
  w.tell(open_input{first, 12, {}}).tell(epoch_opened{first, epoch{3}, 12});
  w.tell(open_input{first, 13, epoch{3}}); // it was restarted
  w.tell(drain{}).forget();
  w.tell(epoch_opened{first, epoch{4}, 13});
  CHECK(w.order() == "Id");
  w.tell(input_drained{first, epoch{3}, {}}); // of the lost one
  CHECK_FALSE(has_finished(w));
  w.tell(input_drained{first, epoch{4}, {}});
  CHECK(has_finished(w));
}

TEST_CASE("the word of a lost receiver that it has drained is no longer true when its successor begins",
          "[coordinator_core]") {
  world w;
  w.claim();
  auto batch = w.seal();
  w.tell(drain{}).tell(input_drained{first, epoch{1}, block_sequence{1}});
  w.tell(open_input{first, 13, {}}).tell(epoch_opened{first, epoch{2}, 13});
  w.conclude(batch);
  CHECK_FALSE(has_finished(w));
  w.tell(input_drained{first, epoch{2}, {}});
  CHECK(has_finished(w));
}

TEST_CASE("an application is idle when its inputs have rested, and nothing was open, for so long",
          "[coordinator_core]") {
  world w;
  w.facts.stop_when_idle = 400ms;
  w.begin();
  CHECK(w.order() == "cye");
  CHECK(w.wanted<start_timer>().at(1).after == 50ms);
  auto check = [&](std::chrono::milliseconds time) {
    w.pass(time).forget();
    w.tell(idle_check{});
    CHECK(w.order().front() == 'e');
    return !w.wanted<say_idle>().empty();
  };
  w.tell(input_activity{first, true});
  CHECK_FALSE(check(0ms));
  CHECK_FALSE(check(1s)); // it knows nothing of the log yet
  w.claim();
  w.tell(input_activity{first, true});
  CHECK_FALSE(check(0ms));
  CHECK_FALSE(check(399ms));
  CHECK(check(1ms));
  w.tell(input_activity{first, false});
  CHECK_FALSE(check(1ms));
  w.tell(input_activity{first, true});
  auto batch = w.seal();
  CHECK_FALSE(check(1s)); // the batch is open
  w.conclude(batch);
  CHECK_FALSE(check(0ms));
  CHECK(check(400ms));
  w.tell(blocks(2, 2)); // something waits
  CHECK_FALSE(check(0ms));
  w.pass(100ms);
  w.conclude(w.newest());
  CHECK_FALSE(check(399ms));
  CHECK(check(400ms));
  w.tell(drain{});
  CHECK_FALSE(check(1s));
}

TEST_CASE("the pause between looks whether all is at rest is an eighth of the time, within bounds",
          "[coordinator_core]") {
  auto pause = GENERATE(
    values<std::pair<std::chrono::milliseconds, std::chrono::milliseconds>>({{1ms, 1ms}, {80ms, 10ms}, {1min, 100ms}}));
  world w;
  w.facts.stop_when_idle = pause.first;
  w.begin();
  CHECK(w.wanted<start_timer>().at(1).after == pause.second);
}

TEST_CASE("an application is not idle while the log is asked about files", "[coordinator_core]") {
  world w;
  w.facts.stop_when_idle = 400ms;
  w.claim();
  w.tell(offsets_found{first, {{"a", 100, 1, false, 0, 1}}, {}}).tell(input_activity{first, true});
  for (int i = 0; i < 3; ++i)
    w.pass(400ms).tell(idle_check{});
  CHECK(w.wanted<say_idle>().empty());
}

TEST_CASE("an input that was given up rests", "[coordinator_core]") {
  world w;
  w.facts.stop_when_idle = 400ms;
  w.facts.inputs[0].given_up = true;
  w.claim().tell(idle_check{}).pass(400ms).tell(idle_check{});
  CHECK(w.wanted<say_idle>().size() == 1);
}
