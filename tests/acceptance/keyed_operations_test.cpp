// Spark's BasicOperationsSuite and spark-streaming's keyed operations: streams of pairs.
#include <set>

#include "tests/acceptance/two_runtimes.hpp"

using namespace weir;
using namespace weir::acceptance;

namespace {

using texts = std::vector<std::string>;
using counted = std::pair<std::string, int>;

/// The words of the suite: some of a batch twice, the empty one, an empty batch.
const batches<std::string> words{{"a", "a", "b"}, {"", ""}, {}};

dstream<counted> pairs_of(scenario& s, batches<std::string> of, std::uint32_t slices = 2) {
  return s.input(std::move(of), slices).map([](const std::string& word) { return counted{word, 1}; });
}

/// How many records each partition has.
template <class Stream>
auto sizes_of(const Stream& of) {
  using record = typename Stream::record;
  return of.map_partitions([](std::span<const record> all) { return std::vector<std::uint64_t>{all.size()}; });
}

} // namespace

TEST_CASE("group_by_key gathers the values of each key of a batch, the empty key too", "[keyed]") {
  on_both([](scenario& s) {
    s.expect_set(pairs_of(s, words).group_by_key(), {{{"a", {1, 1}}, {"b", {1}}}, {{"", {1, 1}}}, {}});
    // The values are in the order of the records.
    auto numbered = s.input<std::pair<int, int>>({{{1, 5}, {2, 0}, {1, 3}, {1, 9}, {1, 1}}}, 3);
    s.expect_set(numbered.group_by_key(), {{{1, {5, 3, 9, 1}}, {2, {0}}}});
  });
}

TEST_CASE("reduce_by_key joins the values of each key of a batch, the empty key too", "[keyed]") {
  on_both([](scenario& s) {
    s.expect_set(pairs_of(s, words).reduce_by_key(std::plus<>{}), {{{"a", 2}, {"b", 1}}, {{"", 2}}, {}});
    auto spelled = s.input<std::pair<int, std::string>>({{{1, "to"}, {1, "ge"}, {2, "x"}, {1, "ther"}}}, 3);
    s.expect_set(spelled.reduce_by_key(std::plus<>{}), {{{1, "together"}, {2, "x"}}});
  });
}

TEST_CASE("map_values changes values and keeps keys, behind a reduce_by_key", "[keyed]") {
  on_both([](scenario& s) {
    auto sums = pairs_of(s, words).reduce_by_key(std::plus<>{}).map_values([](int sum) { return sum + 10; });
    s.expect_set(sums, {{{"a", 12}, {"b", 11}}, {{"", 12}}, {}});
  });
}

TEST_CASE("flat_map_values gives a pair for each value that the function makes", "[keyed]") {
  on_both([](scenario& s) {
    auto counted_up = s.input<counted>({{{"a", 2}, {"b", 0}, {"", 1}}, {}, {{"a", 3}}}).flat_map_values([](int upto) {
      std::vector<double> all;
      for (int each = 1; each <= upto; ++each)
        all.push_back(each / 2.0);
      return all;
    });
    s.expect_list(counted_up, {{{"a", 0.5}, {"a", 1.0}, {"", 0.5}}, {}, {{"a", 0.5}, {"a", 1.0}, {"a", 1.5}}});
  });
}

TEST_CASE("combine_by_key makes, adds to and merges what stands for each key", "[keyed]") {
  using kept = std::pair<int, std::vector<int>>; // how often something was made, and the values
  auto make = [](int value) { return kept{1, {value}}; };
  auto add = [](kept into, int value) {
    into.second.push_back(value);
    return into;
  };
  auto merge = [](kept first, const kept& second) {
    first.first += second.first;
    first.second.insert(first.second.end(), second.second.begin(), second.second.end());
    return first;
  };
  on_both([&](scenario& s) {
    // Two tasks: the values of a are made in both, those of b in one, so they are merged, or added.
    auto input = s.input<counted>({{{"a", 1}, {"a", 2}, {"b", 3}, {"a", 4}, {"", 5}, {"a", 6}}, {}, {{"b", 7}}}, 2);
    s.expect_set(input.combine_by_key(make, add, merge),
                 {{{"a", {2, {1, 2, 4, 6}}}, {"b", {1, {3}}}, {"", {1, {5}}}}, {}, {{"b", {1, {7}}}}});
  });
  on_jobs([&] {
    auto found = dataset<counted>::from({{"a", 1}, {"b", 2}, {"a", 3}}, 3).combine_by_key(make, add, merge).collect();
    std::sort(found.begin(), found.end());
    CHECK(found == std::vector<std::pair<std::string, kept>>{{"a", {2, {1, 3}}}, {"b", {1, {2}}}});
  });
}

TEST_CASE("aggregate_by_key adds each key's values to a zero of another type", "[keyed]") {
  auto add = [](std::string so_far, int value) { return so_far + std::to_string(value); };
  auto merge = [](std::string first, const std::string& second) { return first + "+" + second; };
  on_both([&](scenario& s) {
    auto input = s.input<counted>({{{"a", 1}, {"a", 2}, {"b", 3}, {"a", 4}}, {}}, 2);
    s.expect_set(input.aggregate_by_key(std::string{"<"}, add, merge), {{{"a", "<12+<4"}, {"b", "<3"}}, {}});
  });
  on_jobs([&] {
    CHECK(
      dataset<counted>::from({{"a", 1}, {"a", 2}, {"a", 3}}, 2).aggregate_by_key(std::string{}, add, merge).collect() ==
      std::vector<std::pair<std::string, std::string>>{{"a", "1+23"}});
  });
}

TEST_CASE("fold_by_key joins each key's values, beginning with the zero", "[keyed]") {
  on_both([](scenario& s) {
    auto input = s.input<counted>({{{"a", 3}, {"b", -1}, {"a", 5}, {"a", 4}}, {}, {{"b", 2}}}, 2);
    auto greatest = [](int a, int b) { return std::max(a, b); };
    s.expect_set(input.fold_by_key(0, greatest), {{{"a", 5}, {"b", 0}}, {}, {{"b", 2}}});
  });
  on_jobs([] {
    CHECK(dataset<counted>::from({{"a", 1}, {"a", 2}}, 2).fold_by_key(0, std::plus<>{}).collect() ==
          std::vector<counted>{{"a", 3}});
  });
}

TEST_CASE("keys and values give one side of each pair", "[keyed]") {
  on_both([](scenario& s) {
    auto input = s.input<counted>({{{"a", 1}, {"", 2}}, {}, {{"b", 3}, {"b", 3}}});
    s.expect_list(input.keys(), {{"a", ""}, {}, {"b", "b"}});
    s.expect_list(input.values(), {{1, 2}, {}, {3, 3}});
  });
  on_jobs([] {
    auto data = dataset<counted>::from({{"b", 2}, {"a", 1}}, 2);
    CHECK(data.keys().collect() == texts{"b", "a"});
    CHECK(data.values().collect() == std::vector<int>{2, 1});
  });
}

TEST_CASE("a keyed operation takes the number of partitions that it is given", "[keyed]") {
  constexpr std::uint32_t five = 5;
  const batches<std::uint64_t> five_a_batch(2, {five});
  on_both([&](scenario& s) {
    auto input = pairs_of(s, {{"a", "b", "c"}, {"d"}});
    auto expect_five = [&](const auto& stream) { s.expect_list(sizes_of(stream).count(), five_a_batch); };
    expect_five(input.reduce_by_key(std::plus<>{}, five));
    expect_five(input.group_by_key(five));
    expect_five(input.fold_by_key(0, std::plus<>{}, five));
    expect_five(input.aggregate_by_key(0, std::plus<>{}, std::plus<>{}, five));
    expect_five(input.combine_by_key(std::identity{}, std::plus<>{}, std::plus<>{}, five));
    expect_five(input.cogroup(input, five));
    expect_five(input.join(input, five));
    expect_five(input.left_outer_join(input, five));
    expect_five(input.right_outer_join(input, five));
    expect_five(input.full_outer_join(input, five));
    expect_five(input.partition_by(five));
    expect_five(input.count_by_value(five));
    expect_five(input.sort_by_key(order::ascending, five));
    // As many as the application has, where nothing is given.
    s.expect_list(sizes_of(input.reduce_by_key(std::plus<>{})).count(), batches<std::uint64_t>(2, {s.partitions()}));
    // And all keys are there.
    s.expect_set(input.reduce_by_key(std::plus<>{}, five), {{{"a", 1}, {"b", 1}, {"c", 1}}, {{"d", 1}}});
  });
}

TEST_CASE("partition_by puts each key where the function says, and errors name a partition that is none", "[keyed]") {
  using numbered = std::pair<int, int>;
  auto by_rest = [](int key) { return static_cast<std::uint32_t>(key % 3); };
  on_both([&](scenario& s) {
    auto input = s.input<numbered>({{{4, 1}, {3, 2}, {5, 3}, {1, 4}, {3, 5}}, {{2, 6}}}, 2);
    s.expect_list(input.partition_by({3, by_rest}).glom(),
                  {{{{3, 2}, {3, 5}}, {{4, 1}, {1, 4}}, {{5, 3}}}, {{}, {}, {{2, 6}}}});
    // Other keyed operations take it, too.
    auto reduced = input.reduce_by_key(std::plus<>{}, {3, by_rest}).map_partitions([](std::span<const numbered> all) {
      std::set<numbered> sorted{all.begin(), all.end()};
      return std::vector<std::vector<numbered>>{{sorted.begin(), sorted.end()}};
    });
    s.expect_list(reduced, {{{{3, 7}}, {{1, 4}, {4, 1}}, {{5, 3}}}, {{}, {}, {{2, 6}}}});
  });
  on_both([&](scenario& s) {
    auto out_of_range = [](int) { return std::uint32_t{7}; };
    s.expect_list(s.input<numbered>({{{1, 1}}}).partition_by({3, out_of_range}).named("placed"), {});
    s.expect_error({"placed", "partition 7 of 3"});
  });
  on_jobs([&] {
    auto data = dataset<numbered>::from({{4, 1}, {3, 2}, {5, 3}, {1, 4}}, 2);
    using parts = std::vector<std::vector<numbered>>;
    CHECK(data.partition_by({3, by_rest}).glom().collect() == parts{{{3, 2}}, {{4, 1}, {1, 4}}, {{5, 3}}});
    auto why = error_of([&] { (void)data.partition_by({2, [](int) { return std::uint32_t{2}; }}).count(); });
    CHECK_THAT(why.message(), Catch::Contains("partition 2 of 2"));
  });
}
