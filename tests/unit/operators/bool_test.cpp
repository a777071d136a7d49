#include <catch2/catch.hpp>

#include "libstream/testing/test_driver.hpp"

using namespace weir;

namespace {

using bools = std::vector<bool>;
using keyed = std::pair<bool, bool>;

dataset<bool> some() { return dataset<bool>::from({true, false, true, true, false}, 2); }
dataset<keyed> pairs() {
  return some().map([](bool each) { return keyed{each, !each}; });
}

} // namespace

TEST_CASE("bools are records of every operation of order", "[bool]") {
  CHECK(some().sort_by().collect() == bools{false, false, true, true, true});
  CHECK(some().sort_by({}, order::descending, 3).collect() == bools{true, true, true, false, false});
  CHECK(some().sort_by([](bool each) { return !each; }, order::ascending, 1).collect() ==
        bools{true, true, true, false, false});
  CHECK(pairs().sort_by_key().keys().collect() == bools{false, false, true, true, true});
  CHECK(some().top(3) == bools{true, true, true});
  CHECK(some().take_ordered(3) == bools{false, false, true});
  CHECK(some().zip_with_index().count() == 5);
  CHECK(some().zip(some()).count() == 5);
}

TEST_CASE("bools are records of every operation of keys and sets", "[bool]") {
  CHECK(some().distinct().count() == 2);
  CHECK(some().count_by_value() == std::map<bool, std::uint64_t>{{false, 2}, {true, 3}});
  CHECK(some().intersection(dataset<bool>::from({true})).collect() == bools{true});
  CHECK(some().subtract(dataset<bool>::from({true})).collect() == bools{false, false});
  CHECK(some().cartesian(some()).count() == 25);
  CHECK(pairs().join(pairs()).count() == 13);
  CHECK(pairs().left_outer_join(pairs()).count() == 13);
  CHECK(pairs().right_outer_join(pairs()).count() == 13);
  CHECK(pairs().full_outer_join(dataset<keyed>::from({{true, true}})).count() == 5);
  CHECK(pairs().cogroup(pairs()).count() == 2);
  CHECK(pairs().group_by_key().count() == 2);
  CHECK(pairs().subtract_by_key(dataset<keyed>::from({{true, true}})).count() == 2);
  CHECK(pairs().reduce_by_key(std::logical_or<>{}).count() == 2);
  CHECK(pairs().lookup(true) == bools{false, false, false});
  CHECK(pairs().partition_by(2).count() == 5);
}

TEST_CASE("bools are records of every operation of partitions", "[bool]") {
  CHECK(some().glom().collect() == std::vector<bools>{{true, false}, {true, true, false}});
  CHECK(some().map_partitions([](std::span<const bool> all) { return bools(all.begin(), all.end()); }).count() == 5);
  CHECK(some()
          .map_chunks<bool>([](std::span<const bool> all, auto& emit) {
            for (auto each : all)
              emit(!each);
          })
          .collect() == bools{false, true, false, false, true});
  CHECK(some().repartition(3).count() == 5);
  CHECK(some().coalesce(1).collect() == some().collect());
  CHECK(some().union_with(some()).count() == 10);
  CHECK(some().sample(1).collect() == some().collect());
  CHECK(some().persist().collect() == some().collect());
  CHECK(some().flat_map([](bool each) { return bools{each, each}; }).count() == 10);
  CHECK(some().filter([](bool each) { return each; }).count() == 3);
  CHECK(some().reduce(std::logical_and<>{}) == false);
  CHECK(some().fold(false, std::logical_or<>{}));
}

TEST_CASE("streams of bools show what they hold, also joined with datasets", "[bool]") {
  testing::test_driver driver{[](stream_context& ctx) {
    auto long_lines = ctx.text_input().map([](std::string_view line) { return line.size() > 1; });
    long_lines.top(2).named("top").print();
    long_lines.sort_by().named("sorted").print();
    long_lines.key_by([](bool each) { return each; })
      .full_outer_join(dataset<keyed>::from({{true, true}}))
      .count()
      .named("joined")
      .print();
  }};
  driver.push({"a", "bb", "c"}).step();
  CHECK(driver.output("top") == testing::rows{"true", "false"});
  CHECK(driver.output_in_order("sorted").size() == 3);
  CHECK(driver.output("joined") == testing::rows{"3"});
}
