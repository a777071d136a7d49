#include "actors/partition_executor/ended_tasks.hpp"

#include <catch2/catch.hpp>

using namespace weir;
using namespace weir::actors;

namespace {

constexpr attempt first_attempt{epoch{1}, view_id{1}}, second_attempt{epoch{1}, view_id{2}};

task_finished ended(std::uint64_t batch, std::uint32_t task, const attempt& of = first_attempt) {
  return {of, batch_id{batch}, stage_index{0}, task_index{task}, {}, 10};
}

} // namespace

TEST_CASE("what a batch's tasks ended with can be said again until it is committed", "[ended_tasks]") {
  ended_tasks said;
  CHECK(said.of(batch_id{1}, first_attempt).finished.empty());
  said.finished(ended(1, 0), true);
  said.finished(ended(1, 3), false);
  said.finished(ended(2, 1), true);
  said.poisoned({first_attempt, batch_id{2}, true, {}, "no"});
  said.failed({first_attempt, batch_id{2}, 1, "gone"});
  CHECK(said.of(batch_id{2}, first_attempt).failed.size() == 1);
  CHECK(said.of(batch_id{2}, second_attempt).failed.empty());
  auto& one = said.of(batch_id{1}, first_attempt);
  REQUIRE(one.finished.size() == 2);
  CHECK(one.finished[0].first.task == task_index{0});
  CHECK(one.finished[0].second);
  CHECK_FALSE(one.finished[1].second);
  CHECK(one.poisoned.empty());
  CHECK(said.of(batch_id{2}, first_attempt).poisoned.size() == 1);
  said.forget(batch_id{1});
  CHECK(said.of(batch_id{1}, first_attempt).finished.empty());
  CHECK(said.of(batch_id{2}, first_attempt).finished.size() == 1);
}

TEST_CASE("only what the newest attempt ended with is kept", "[ended_tasks]") {
  ended_tasks said;
  said.finished(ended(1, 0), true);
  said.poisoned({first_attempt, batch_id{1}, true, {}, "no"});
  said.finished(ended(1, 1, second_attempt), true);
  said.finished(ended(1, 2, first_attempt), true); // late
  said.poisoned({first_attempt, batch_id{1}, true, {}, "no"});
  CHECK(said.of(batch_id{1}, first_attempt).finished.empty());
  auto& now = said.of(batch_id{1}, second_attempt);
  REQUIRE(now.finished.size() == 1);
  CHECK(now.finished[0].first.task == task_index{1});
  CHECK(now.poisoned.empty());
}
