// What programs use of Spark's RDDs, on datasets and on streams: what makes other records of all records.
#include <numeric>
#include <set>

#include "tests/acceptance/two_runtimes.hpp"

using namespace weir;
using namespace weir::acceptance;

namespace {

using numbers = std::vector<int>;
using texts = std::vector<std::string>;
using counted = std::pair<std::string, int>;

template <class T>
std::vector<T> sorted(std::vector<T> all) {
  std::sort(all.begin(), all.end());
  return all;
}

numbers from_to(int first, int last) {
  numbers all(static_cast<std::size_t>(last - first + 1));
  std::iota(all.begin(), all.end(), first);
  return all;
}

template <class T>
std::vector<std::vector<T>> parts_of(const dataset<T>& of) {
  return of.glom().collect();
}

} // namespace

TEST_CASE("a dataset has the narrow operations of a stream, partition by partition", "[datasets]") {
  on_jobs([] {
    auto data = dataset<int>::from(from_to(1, 6), 3);
    CHECK(data.map([](int x) { return std::to_string(x); }).collect() == texts{"1", "2", "3", "4", "5", "6"});
    CHECK(data.flat_map([](int x) { return numbers{x, 2 * x}; }).take(4) == numbers{1, 2, 2, 4});
    CHECK(parts_of(data.filter([](int x) { return x > 3; })) == batches<int>{{}, {4}, {5, 6}});
    CHECK(parts_of(data) == batches<int>{{1, 2}, {3, 4}, {5, 6}});
    auto sum = [](std::span<const int> all) { return numbers{std::accumulate(all.begin(), all.end(), 0)}; };
    CHECK(data.map_partitions(sum).collect() == numbers{3, 7, 11});
    auto chunks = data.map_chunks<int>([](std::span<const int> all, auto& emit) {
      for (auto each : all)
        emit(-each);
    });
    CHECK(parts_of(chunks) == batches<int>{{-1, -2}, {-3, -4}, {-5, -6}});
  });
}

TEST_CASE("a dataset made of partitions keeps them, empty ones too", "[datasets]") {
  on_jobs([] {
    batches<int> parts{{}, {1, 2, 3}, {}, {4}, {}};
    CHECK(parts_of(dataset<int>::from_partitions(parts)) == parts);
    CHECK(parts_of(dataset<int>::from_partitions({})) == batches<int>{{}});
    CHECK(parts_of(dataset<int>::from({1, 2, 3}, 5)) == batches<int>{{}, {1}, {}, {2}, {3}});
    CHECK(dataset<int>::from({}).collect().empty());
  });
}

TEST_CASE("a dataset's union_with gives the partitions of the first, then those of the second", "[datasets]") {
  on_jobs([] {
    auto one = dataset<int>::from({1, 2, 3}, 2);
    auto two = dataset<int>::from({3, 4}, 1);
    CHECK(parts_of(one.union_with(two)) == batches<int>{{1}, {2, 3}, {3, 4}});
    CHECK(parts_of(two.union_with(one, two)) == batches<int>{{3, 4}, {1}, {2, 3}, {3, 4}});
    CHECK(one.union_with(one).collect() == numbers{1, 2, 3, 1, 2, 3});
  });
}

TEST_CASE("intersection gives what stands in both datasets, once", "[datasets]") {
  on_jobs([] {
    auto one = dataset<int>::from({1, 2, 2, 3, 5, 5}, 3);
    CHECK(sorted(one.intersection(dataset<int>::from({5, 2, 5, 2, 9}, 2)).collect()) == numbers{2, 5});
    CHECK(one.intersection(dataset<int>::from({})).is_empty());
  });
  on_both([](scenario& s) {
    auto one = s.input<int>({{1, 2, 2, 3}, {1}, {}}), two = s.input<int>({{2, 3, 3}, {}, {1}}, 3);
    s.expect_set(one.intersection(two), {{2, 3}, {}, {}});
  });
}

TEST_CASE("subtract gives what does not stand in the other dataset, as often as it stands here", "[datasets]") {
  on_jobs([] {
    auto one = dataset<int>::from({1, 2, 2, 3, 5, 5}, 3);
    CHECK(sorted(one.subtract(dataset<int>::from({2, 9, 3}, 2)).collect()) == numbers{1, 5, 5});
    CHECK(sorted(one.subtract(dataset<int>::from({})).collect()) == numbers{1, 2, 2, 3, 5, 5});
    CHECK(one.subtract(one).is_empty());
  });
  on_both([](scenario& s) {
    auto one = s.input<int>({{1, 2, 2, 3}, {1, 1}, {}}), two = s.input<int>({{3, 3}, {}, {1}}, 3);
    s.expect_set(one.subtract(two), {{1, 2, 2}, {1, 1}, {}});
  });
}

TEST_CASE("cartesian gives every pair of records of two datasets", "[datasets]") {
  using pairs = std::vector<std::pair<int, std::string>>;
  on_jobs([] {
    auto one = dataset<int>::from({1, 2, 3}, 2);
    auto two = dataset<std::string>::from({"a", "b"}, 2);
    CHECK(sorted(one.cartesian(two).collect()) == pairs{{1, "a"}, {1, "b"}, {2, "a"}, {2, "b"}, {3, "a"}, {3, "b"}});
    CHECK(one.cartesian(dataset<std::string>::from({})).is_empty());
  });
  on_both([](scenario& s) {
    auto one = s.input<int>({{1, 2}, {3}, {}}, 3);
    auto two = s.input<std::string>({{"a", "b"}, {}, {"c"}});
    s.expect_set(one.cartesian(two), {{{1, "a"}, {1, "b"}, {2, "a"}, {2, "b"}}, {}, {}});
  });
}

TEST_CASE("distinct gives each record once", "[datasets]") {
  on_jobs([] {
    CHECK(sorted(dataset<std::string>::from({"b", "a", "b", "", "a", ""}, 3).distinct().collect()) ==
          texts{"", "a", "b"});
  });
  on_both([](scenario& s) { s.expect_set(s.input<int>({{1, 2, 1, 1}, {1}, {}}).distinct(), {{1, 2}, {1}, {}}); });
}

TEST_CASE("sample takes about the fraction that was asked for, the same for the same seed", "[datasets]") {
  constexpr int many = 10'000;
  auto data = dataset<int>::from(from_to(1, many), 4);
  on_jobs([&] {
    auto tenth = data.sample(0.1, 7).collect();
    CHECK(tenth.size() > many / 10 - 200); // five standard deviations are 150
    CHECK(tenth.size() < many / 10 + 200);
    CHECK(std::is_sorted(tenth.begin(), tenth.end())); // in order, each at most once
    CHECK(std::set<int>(tenth.begin(), tenth.end()).size() == tenth.size());
    CHECK(data.sample(0.1, 7).collect() == tenth);
    CHECK(data.sample(0.1, 8).collect() != tenth);
    CHECK(data.sample(0).is_empty());
    CHECK(data.sample(1).collect() == from_to(1, many));

    auto often = data.sample(2.5, 7, true);
    CHECK(std::abs(static_cast<double>(often.count()) - 2.5 * many) < 1'000);
    CHECK(often.distinct().count() > many * 9 / 10); // all but e^-2.5 = 8 %
    // Also where e^-fraction is too small for a number.
    CHECK(std::abs(static_cast<double>(dataset<int>::from(from_to(1, 10)).sample(2'000, 7, true).count()) - 20'000) <
          800);
  });
  CHECK_THAT(error_of([&] { (void)data.sample(1.5); }).message(), Catch::Contains("from 0 to 1"));
  CHECK_THROWS_AS(data.sample(-0.1, 1, true), plan::plan_error);
  CHECK_THROWS_AS(data.sample(HUGE_VAL, 1, true), plan::plan_error);
  on_both([](scenario& s) {
    auto input = s.input<int>({from_to(1, 100), {}});
    s.expect_list(input.sample(1), {from_to(1, 100), {}});
    s.expect_list(input.sample(0), {{}, {}});
  });
}

TEST_CASE("sort_by puts all records in order over all partitions, equal ones as they came", "[datasets]") {
  using word = std::pair<std::string, int>; // its place is there to be seen
  auto by_length = [](const word& each) { return each.first.size(); };
  std::vector<word> words{{"three", 0}, {"to", 1}, {"be", 2}, {"", 3}, {"one", 4}, {"or", 5}, {"two", 6}};
  std::vector<word> expected{{"", 3}, {"to", 1}, {"be", 2}, {"or", 5}, {"one", 4}, {"two", 6}, {"three", 0}};
  on_jobs([&] {
    auto data = dataset<word>::from(words, 3);
    for (std::uint32_t count : {1u, 2u, 5u}) {
      CHECK(data.sort_by(by_length, order::ascending, count).collect() == expected);
      CHECK(parts_of(data.sort_by(by_length, order::ascending, count)).size() == count);
    }
    CHECK(dataset<int>::from({3, 1, 2}, 2).sort_by().collect() == numbers{1, 2, 3});
    numbers many;
    for (int i = 0; i < 5'000; ++i)
      many.push_back(i * 7'919 % 5'000);
    auto ranges = parts_of(dataset<int>::from(many, 4).sort_by(std::identity{}, order::descending, 4));
    numbers all;
    for (auto& range : ranges) {
      CHECK(range.size() > 500); // fair shares would be 1,250
      all.insert(all.end(), range.begin(), range.end());
    }
    auto falling = from_to(0, 4'999);
    std::reverse(falling.begin(), falling.end());
    CHECK(all == falling);
  });
  on_both([&](scenario& s) {
    s.expect_list(s.input<word>({words, {}, {{"b", 1}, {"a", 2}}}, 3).sort_by(by_length),
                  {expected, {}, {{"b", 1}, {"a", 2}}});
  });
}

TEST_CASE("sort_by_key puts pairs in the order of their keys, ascending or descending", "[datasets]") {
  std::vector<counted> pairs{{"b", 1}, {"c", 2}, {"a", 3}, {"b", 4}};
  std::vector<counted> rising{{"a", 3}, {"b", 1}, {"b", 4}, {"c", 2}}, falling{{"c", 2}, {"b", 1}, {"b", 4}, {"a", 3}};
  on_jobs([&] {
    auto data = dataset<counted>::from(pairs, 3);
    CHECK(data.sort_by_key().collect() == rising);
    CHECK(data.sort_by_key(order::descending, 2).collect() == falling);
  });
  on_both([&](scenario& s) {
    auto input = s.input<counted>({pairs, {}}, 3);
    s.expect_list(input.sort_by_key(), {rising, {}});
    s.expect_list(input.sort_by_key(order::descending), {falling, {}});
  });
}

TEST_CASE("zip pairs the records of two datasets by their places, and is an error when one has more", "[datasets]") {
  using pairs = std::vector<std::pair<int, std::string>>;
  on_jobs([] {
    auto one = dataset<int>::from({1, 2, 3, 4}, 2);
    auto named = [&](texts names, std::uint32_t slices) { return dataset<std::string>::from(names, slices); };
    CHECK(one.zip(named({"a", "b", "c", "d"}, 2)).collect() == pairs{{1, "a"}, {2, "b"}, {3, "c"}, {4, "d"}});
    // However they are cut: places count over all partitions.
    CHECK(one.zip(named({"a", "b", "c", "d"}, 3)).collect() == pairs{{1, "a"}, {2, "b"}, {3, "c"}, {4, "d"}});
    for (auto& names : {texts{"a", "b", "c"}, texts{"a", "b", "c", "d", "e"}, texts{}})
      CHECK_THAT(error_of([&] { (void)one.zip(named(names, 2)).collect(); }).message(),
                 Catch::Contains("as many records"));
  });
  on_both([](scenario& s) {
    auto one = s.input<int>({{1, 2, 3}, {}, {4}}, 2);
    auto two = s.input<std::string>({{"a", "b", "c"}, {}, {"d"}}, 3);
    s.expect_list(one.zip(two), {{{1, "a"}, {2, "b"}, {3, "c"}}, {}, {{4, "d"}}});
  });
  on_both([](scenario& s) {
    s.expect_list(s.input<int>({{1, 2}}).zip(s.input<int>({{3}})).named("zipped"), {});
    s.expect_error({"zipped", "as many records"});
  });
}

TEST_CASE("zip_with_index numbers the records from 0 in partition order", "[datasets]") {
  using numbered = std::pair<std::string, std::uint64_t>;
  on_jobs([] {
    auto data = dataset<std::string>::from_partitions({{"a", "b"}, {}, {"c"}, {"d"}});
    CHECK(parts_of(data.zip_with_index()) == batches<numbered>{{{"a", 0}, {"b", 1}}, {}, {{"c", 2}}, {{"d", 3}}});
  });
  on_both([](scenario& s) {
    auto input = s.input<std::string>({{"a", "b", "c"}, {}, {"d"}}, 3);
    s.expect_list(input.zip_with_index(), {{{"a", 0}, {"b", 1}, {"c", 2}}, {}, {{"d", 0}}});
  });
}
