// Spark's BasicOperationsSuite: operations of streams of any records. The elements are those of the suite.
#include <numeric>

#include "tests/acceptance/two_runtimes.hpp"

using namespace weir;
using namespace weir::acceptance;

namespace {

using numbers = std::vector<int>;
using texts = std::vector<std::string>;

const batches<int> twelve{{1, 2, 3, 4}, {5, 6, 7, 8}, {9, 10, 11, 12}};
const batches<std::string> twelve_as_text{{"1", "2", "3", "4"}, {"5", "6", "7", "8"}, {"9", "10", "11", "12"}};

numbers from_to(int first, int last) {
  numbers all(static_cast<std::size_t>(last - first + 1));
  std::iota(all.begin(), all.end(), first);
  return all;
}

std::string to_text(int number) { return std::to_string(number); }

/// Three hundred records in three batches, in `before` partitions, repartitioned.
void check_repartition(std::uint32_t before, std::uint32_t after) {
  batches<int> hundreds{from_to(1, 100), from_to(101, 200), from_to(201, 300)};
  on_both([&](scenario& s) {
    auto spread = s.input(hundreds, before).repartition(after);
    s.expect_set(spread, hundreds);
    auto sizes = spread.map_partitions([](std::span<const int> records) { return std::vector{records.size()}; });
    // Dealt out evenly: no partition is left out, and none gets all.
    s.expect_set(sizes, batches<std::size_t>(3, std::vector<std::size_t>(after, 100 / after)));
    s.expect_list(sizes.count(), batches<std::uint64_t>(3, {after}));
  });
}

} // namespace

TEST_CASE("map gives each record of a batch through the function, in order", "[basic]") {
  on_both([](scenario& s) { s.expect_list(s.input(twelve).map(to_text), twelve_as_text); });
}

TEST_CASE("flat_map gives all that the function makes of each record, in order", "[basic]") {
  batches<int> expected{{1, 2, 2, 4, 3, 6, 4, 8}, {5, 10, 6, 12, 7, 14, 8, 16}, {9, 18, 10, 20, 11, 22, 12, 24}};
  on_both([&](scenario& s) {
    auto input = s.input(twelve);
    s.expect_list(input.flat_map([](int x) { return numbers{x, 2 * x}; }), expected);
    s.expect_list(input.flat_map<int>([](int x, auto& emit) {
      emit(x);
      emit(2 * x);
    }),
                  expected);
  });
}

TEST_CASE("filter keeps the records for which the predicate holds, in order", "[basic]") {
  on_both([](scenario& s) {
    s.expect_list(s.input(twelve).filter([](int x) { return x % 2 == 0; }), {{2, 4}, {6, 8}, {10, 12}});
  });
}

TEST_CASE("glom gives each partition's records as one vector, in partition order", "[basic]") {
  on_both([](scenario& s) {
    s.expect_list(s.input(twelve, 2).glom(), {{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}, {{9, 10}, {11, 12}}});
  });
}

TEST_CASE("map_partitions gives what the function makes of each partition as a whole", "[basic]") {
  on_both([](scenario& s) {
    auto sums = s.input(twelve, 2).map_partitions(
      [](std::span<const int> records) { return numbers{std::accumulate(records.begin(), records.end(), 0)}; });
    s.expect_set(sums, {{3, 7}, {11, 15}, {19, 23}});
  });
}

TEST_CASE("map_partitions_with_index tells the function which partition it has", "[basic]") {
  auto with_index = [](std::uint32_t partition, std::span<const int> records) {
    std::vector<std::pair<std::uint32_t, int>> all;
    for (auto each : records)
      all.emplace_back(partition, each);
    return all;
  };
  on_both([&](scenario& s) {
    auto input = s.input(twelve, 2);
    s.expect_list(
      input.map_partitions_with_index(with_index),
      {{{0, 1}, {0, 2}, {1, 3}, {1, 4}}, {{0, 5}, {0, 6}, {1, 7}, {1, 8}}, {{0, 9}, {0, 10}, {1, 11}, {1, 12}}});
    // Behind a union the partitions of the second stream come after those of the first.
    s.expect_list(
      input.map([](int x) { return -x; }).union_with(s.input<int>({{7}}, 1)).map_partitions_with_index(with_index),
      {{{0, -1}, {0, -2}, {1, -3}, {1, -4}, {2, 7}}});
  });
  on_jobs([&] {
    CHECK(dataset<int>::from({1, 2, 3}, 3).map_partitions_with_index(with_index).collect() ==
          std::vector<std::pair<std::uint32_t, int>>{{0, 1}, {1, 2}, {2, 3}});
  });
}

TEST_CASE("repartition spreads a batch over more partitions, exactly as many as asked for, with the same records",
          "[basic]") {
  check_repartition(2, 5);
}

TEST_CASE("repartition gathers a batch in fewer partitions, exactly as many as asked for, with the same records",
          "[basic]") {
  check_repartition(5, 2);
}

TEST_CASE("reduce gives one record a batch", "[basic]") {
  on_both([](scenario& s) {
    s.expect_list(s.input(twelve).reduce(std::plus<>{}), {{10}, {26}, {42}});
    // Of a function that is associative and no more, the order of the records decides.
    s.expect_list(s.input(twelve_as_text, 3).reduce(std::plus<>{}), {{"1234"}, {"5678"}, {"9101112"}});
  });
}

TEST_CASE("reduce gives no record for a batch without records", "[basic]") {
  on_both([](scenario& s) {
    s.expect_list(s.input<int>({{}, {1}, {}, {2, 3}}).reduce(std::plus<>{}), {{}, {1}, {}, {5}, {}});
  });
}

TEST_CASE("count gives one record a batch, zero for a batch without records", "[basic]") {
  on_both([](scenario& s) {
    s.expect_list(s.input<int>({{}, {1}, {1, 2}, {1, 2, 3}, {1, 2, 3, 4}}).count(), {{0}, {1}, {2}, {3}, {4}, {0}});
  });
}

TEST_CASE("count_by_value tells how often each record stands in its batch", "[basic]") {
  on_both([](scenario& s) {
    s.expect_set(s.input<int>({{1}, {1, 1, 1}, {1, 2}, {1, 1, 2, 2}}).count_by_value(),
                 {{{1, 1}}, {{1, 3}}, {{1, 1}, {2, 1}}, {{1, 2}, {2, 2}}});
  });
}

TEST_CASE("union_with gives the records of the first stream, then those of the second", "[basic]") {
  on_both([](scenario& s) {
    auto first = s.input<int>({from_to(1, 4), from_to(101, 104), from_to(201, 204)});
    s.expect_list(first.union_with(first.map([](int x) { return x + 4; })),
                  {from_to(1, 8), from_to(101, 108), from_to(201, 208)});
  });
  // Of inputs of their own, and behind shuffles.
  on_both([](scenario& s) {
    auto first = s.input<int>({{1, 2, 3}, {}, {4}, {}}, 3), second = s.input<int>({{5, 6}, {7}, {}, {}}, 2);
    s.expect_list(first.union_with(second), {{1, 2, 3, 5, 6}, {7}, {4}, {}});
    s.expect_list(second.sort_by().union_with(first, second.sort_by(std::identity{}, order::descending)),
                  {{5, 6, 1, 2, 3, 6, 5}, {7, 7}, {4}, {}});
  });
}

TEST_CASE("union_of gives the records of all streams in the order of the list", "[basic]") {
  on_both([](scenario& s) {
    auto first = s.input<int>({from_to(1, 4), from_to(101, 104), from_to(201, 204)});
    auto second = first.map([](int x) { return x + 4; });
    auto third = first.map([](int x) { return x + 8; });
    s.expect_list(s.context().union_of<int>({first, second, third}),
                  {from_to(1, 12), from_to(101, 112), from_to(201, 212)});
    s.expect_list(s.context().union_of<int>({third, first}),
                  {{9, 10, 11, 12, 1, 2, 3, 4}, {109, 110, 111, 112, 101, 102, 103, 104}});
    s.expect_list(s.context().union_of<int>({second}), {from_to(5, 8)});
  });
}

TEST_CASE("union_of an empty list is an error", "[basic]") {
  stream_context context;
  auto why = error_of([&] { (void)context.union_of<int>({}); });
  CHECK(why.code == error_code::usage);
  CHECK_THAT(why.message(), Catch::Contains("union_of no streams") && Catch::Contains("give at least one"));
}

TEST_CASE("streams of different contexts cannot be combined, and the error says so", "[basic]") {
  stream_context here, there;
  auto one = here.constant<int>({1});
  auto other = there.constant<int>({1});
  auto pair = [](int x) { return std::pair{x, x}; };
  auto first = [](dataset<int> a, dataset<int>) { return a; };
  for (auto& why : {
         error_of([&] { (void)one.union_with(other); }),
         error_of([&] {
           (void)here.union_of<int>({one, other});
         }),
         error_of([&] { (void)one.map(pair).join(other.map(pair)); }),
         error_of([&] { (void)one.map(pair).cogroup(other.map(pair)); }),
         error_of([&] { (void)one.zip(other); }),
         error_of([&] { (void)one.cartesian(other); }),
         error_of([&] { (void)one.subtract(other); }),
         error_of([&] { (void)one.transform_with(other, first); }),
         error_of([&] {
           (void)here.transform<int>({one, other}, [](auto all) { return all.front(); });
         }),
       }) {
    CHECK(why.code == error_code::usage);
    CHECK_THAT(why.message(), Catch::Contains("two contexts cannot be brought together"));
  }
}
