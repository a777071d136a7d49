#include "actors/batch_coordinator/count_ahead.hpp"

#include <catch2/catch.hpp>

#include "actors/batch_coordinator/input_queue.hpp"

using namespace weir;
using namespace weir::actors;

namespace {

constexpr input_id only{0};
constexpr std::uint64_t plenty = 1'000'000;

plan::source_partition file(const std::string& name, std::uint64_t size, std::int64_t version = 5) {
  return {.name = name, .end = size, .version = version};
}

std::vector<offset_range> taken_ranges(input_queue& queue) {
  std::vector<offset_range> found;
  for (auto& split : queue.take(plenty, plenty).splits)
    found.insert(found.end(), split.ranges.begin(), split.ranges.end());
  return found;
}

} // namespace

TEST_CASE("an answer is good for its own question only", "[rates]") {
  count_ahead count;
  std::vector<offset_range> ranges{{only, "a", 10, 5, 0, 10}, {only, "b", 20, 5, 0, 20}, {only, "c", 20, 5, 0, 20}};
  auto first = count.ask(ranges, 50, 7).number;
  auto second = count.ask(ranges, 50, 7).number;
  CHECK_FALSE(count.answer(first, 1, 5, 7));
  CHECK(count.open_question());
  CHECK(count.answer(second, 1, 5, 7));
  CHECK_FALSE(count.open_question());
  REQUIRE(count.answered());
  CHECK(count.answered()->records == 7);
  CHECK(count.answered()->ranges == std::vector<offset_range>{ranges[0], {only, "b", 20, 5, 0, 5}});
  CHECK_FALSE(count.answer(second, 3, 0, 9)); // again
  count.forget_answer();
  CHECK_FALSE(count.answered());
}

TEST_CASE("a batch takes exactly what was counted, and what follows is taken later", "[rates]") {
  input_queue queue;
  REQUIRE(queue.offsets_found(only, {file("a", 10), file("b", 100)}));
  auto next = queue.next_offsets(only, 40, 10);
  REQUIRE(next == std::vector<offset_range>{{only, "a", 10, 5, 0, 10}, {only, "b", 100, 5, 0, 30}});
  REQUIRE(queue.offsets_found(only, {file("c", 5)})); // comes behind
  next[1].to = 20;
  REQUIRE(queue.allow(only, next));
  CHECK(taken_ranges(queue) == next);
  CHECK_FALSE(queue.may_take()); // nothing more was counted
  CHECK(queue.waiting(only).bytes == 85);
  CHECK_FALSE(queue.allow(only, next)); // is taken
  queue.pace(only, {});
  CHECK(taken_ranges(queue) == std::vector<offset_range>{{only, "b", 100, 5, 20, 100}, {only, "c", 5, 5, 0, 5}});
  CHECK(queue.empty());
}

TEST_CASE("what was counted of a file that has changed since is not taken", "[rates]") {
  input_queue queue;
  REQUIRE(queue.offsets_found(only, {file("a", 10)}));
  auto next = queue.next_offsets(only, 40, 10);
  CHECK(queue.offsets_changed(only, {"a"}).empty());
  CHECK_FALSE(queue.allow(only, next));
  REQUIRE(queue.offsets_found(only, {file("a", 10, 6)}));
  CHECK_FALSE(queue.allow(only, next));
  REQUIRE(queue.allow(only, queue.next_offsets(only, 40, 10)));
  queue.drop_offsets();
  CHECK(taken_ranges(queue).empty());
}

TEST_CASE("partitions that grow take turns in what is counted", "[rates]") {
  input_queue queue;
  auto log = [](const std::string& name, std::uint64_t end) {
    return plan::source_partition{.name = name, .end = end, .grows = true, .offset_bytes = 10};
  };
  REQUIRE(queue.offsets_found(only, {log("x", 100), log("y", 100)}));
  auto next = queue.next_offsets(only, 100, 10);
  REQUIRE(next == std::vector<offset_range>{{only, "x", 100, 0, 0, 5}, {only, "y", 100, 0, 0, 5}});
  next.pop_back();
  REQUIRE(queue.offsets_found(only, {log("x", 120)})); // has grown meanwhile
  REQUIRE(queue.allow(only, next));
  auto taken = taken_ranges(queue);
  REQUIRE(taken.size() == 1);
  CHECK(taken[0].to == 5);
  CHECK(queue.next_offsets(only, 40, 1).front().partition == "y");
}

TEST_CASE("where all that was asked about holds far too few records, more is asked about", "[rates]") {
  count_ahead count;
  std::vector<offset_range> ranges{{only, "a", 1'000, 5, 0, 100}};
  REQUIRE(count.answer(count.ask(ranges, 100, 80).number, 1, 0, 70)); // nearly enough
  CHECK(count.answered()->wider.bytes == 0);
  REQUIRE(count.answer(count.ask(ranges, 100, 80).number, 0, 50, 20)); // was cut: more would be too many
  CHECK(count.answered()->wider.bytes == 0);
  REQUIRE(count.answer(count.ask(ranges, 100, 80).number, 1, 0, 20));
  CHECK(count.answered()->wider.bytes == 400);
  CHECK(count.answered()->wider.most_records == 80);
}
