// What an input queue does with partitions whose end grows.
#include <map>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/unit/actors/batch_coordinator/queued_inputs.hpp"

using namespace weir;
using namespace weir::actors;
using namespace weir::actors::queued_inputs;

namespace {

plan::source_partition growing(const std::string& name, std::uint64_t end, std::uint64_t offset_bytes = 1) {
  return {.name = name, .end = end, .version = 7, .grows = true, .offset_bytes = offset_bytes};
}

std::vector<offset_range> offset_ranges(const input_queue::share& of) {
  std::vector<offset_range> found;
  for (auto& split : of.splits)
    found.insert(found.end(), split.ranges.begin(), split.ranges.end());
  return found;
}

} // namespace

TEST_CASE("an end that grows leads to further ranges, which follow the ones before", "[input_queue]") {
  input_queue queue;
  auto from_three = growing("log", 10);
  from_three.begin = 3;
  CHECK(queue.offsets_found(first, {from_three}));
  CHECK(offset_ranges(queue.take(plenty, plenty)) == std::vector<offset_range>{{first, "log", 10, 7, 3, 10}});
  CHECK(queue.offsets_found(first, {from_three}));
  CHECK(queue.empty());
  CHECK(queue.offsets_found(first, {growing("log", 15)}));
  CHECK(queue.offsets_found(first, {growing("log", 20)})); // once more while it waits
  CHECK(offset_ranges(queue.take(plenty, plenty)) == std::vector<offset_range>{{first, "log", 20, 7, 10, 20}});
}

TEST_CASE("ranges keep the bounds of a batch by what an offset stands for, and take one at least", "[input_queue]") {
  input_queue queue;
  CHECK(queue.offsets_found(first, {growing("log", 100, 50)}));
  CHECK(queue.waiting(first).bytes == 5'000);
  auto taken = queue.take(1'000, 300);
  CHECK(taken.bytes == 1'000);
  CHECK(taken.inputs.at(first).bytes == 1'000);
  REQUIRE(taken.splits.size() == 4);
  CHECK(taken.splits[0].ranges == std::vector<offset_range>{{first, "log", 100, 7, 0, 6}});
  CHECK(taken.splits[3].ranges == std::vector<offset_range>{{first, "log", 100, 7, 18, 20}});
  CHECK(offset_ranges(queue.take(10, 10)) == std::vector<offset_range>{{first, "log", 100, 7, 20, 21}});
  CHECK(
    queue.offsets_found(second, {growing("endless", ~std::uint64_t{0}, 1'000)})); // more bytes than there are numbers
  CHECK(queue.take(2'000, plenty).inputs.at(second).bytes == 1'000);
  CHECK(queue.waiting_bytes() == ~std::uint64_t{0});
}

TEST_CASE("partitions that grow share a batch and take turns, final ones are read in their order", "[input_queue]") {
  input_queue queue;
  CHECK(queue.offsets_found(first, {growing("large", 1000), growing("small", 10), growing("middle", 50)}));
  std::map<std::string, std::uint64_t> taken;
  for (auto& range : offset_ranges(queue.take(150, plenty)))
    taken[range.partition] += range.to - range.from;
  CHECK(taken == std::map<std::string, std::uint64_t>{{"large", 90}, {"small", 10}, {"middle", 50}});
  CHECK(queue.offsets_found(second, {file("a", 20), file("b", 20)}));
  auto files = offset_ranges(queue.take(60, plenty));
  CHECK(std::vector<offset_range>(files.end() - 2, files.end()) ==
        std::vector<offset_range>{{second, "a", 20, 5, 0, 20}, {second, "b", 20, 5, 0, 10}});
}

TEST_CASE("after a restart a growing partition goes on where the log says, whatever its end was then",
          "[input_queue]") {
  input_queue queue;
  auto logged = log_of({{"log", {10, 7, 10}}, {"behind", {10, 7, 4}}});
  CHECK(queue.offsets_found(first, {growing("log", 12), growing("behind", 10)}, logged));
  CHECK(offset_ranges(queue.take(plenty, plenty)) ==
        std::vector<offset_range>{{first, "log", 12, 7, 10, 12}, {first, "behind", 10, 7, 4, 10}});
}

TEST_CASE("a growing partition that was replaced, or has lost what was sealed, is corrupt, and named",
          "[input_queue]") {
  input_queue queue;
  auto logged = log_of({{"log", {10, 7, 10}}});
  auto other = growing("log", 20);
  SECTION("replaced") { other.version = 8; }
  SECTION("shorter") { other.end = 9; }
  auto taken = queue.offsets_found(first, {other}, logged);
  REQUIRE_FALSE(taken);
  CHECK(taken.error().exit_code() == 65);
  CHECK_THAT(taken.error().message(), Catch::Contains("partition log"));
  CHECK(queue.empty());
}

TEST_CASE("partitions without a name, or whose offsets stand for nothing, are refused", "[input_queue]") {
  input_queue queue;
  for (auto& wrong : {growing("", 5), growing(std::string(256, 'x'), 5), growing("log", 5, 0)}) {
    auto taken = queue.offsets_found(first, {wrong});
    REQUIRE_FALSE(taken);
    CHECK(taken.error().exit_code() == 78);
  }
}
