// What programs use of Spark's RDDs: partitions, keys and groups.
#include "tests/acceptance/two_runtimes.hpp"

using namespace weir;
using namespace weir::acceptance;

namespace {

using numbers = std::vector<int>;
using counted = std::pair<std::string, int>;

template <class T>
std::vector<T> sorted(std::vector<T> all) {
  std::sort(all.begin(), all.end());
  return all;
}

const std::vector<counted> pairs{{"a", 1}, {"b", 2}, {"a", 3}, {"", 4}, {"b", 5}};

} // namespace

TEST_CASE("coalesce joins neighbouring partitions without changing the order of records", "[datasets]") {
  on_jobs([] {
    auto data = dataset<int>::from_partitions({{1}, {2, 3}, {}, {4}});
    CHECK(data.coalesce(2).glom().collect() == batches<int>{{1, 2, 3}, {4}});
    CHECK(data.coalesce(1).glom().collect() == batches<int>{{1, 2, 3, 4}});
    CHECK(data.coalesce(9).glom().collect() == batches<int>{{1}, {2, 3}, {}, {4}}); // never more
    CHECK_THROWS_AS(data.coalesce(0), plan::plan_error);
  });
  on_both([](scenario& s) {
    auto input = s.input<int>({{1, 2, 3, 4, 5, 6}, {}, {7}}, 6);
    s.expect_list(input.coalesce(2).glom(), {{{1, 2, 3}, {4, 5, 6}}, {{}, {}}, {{}, {7}}});
  });
}

TEST_CASE("a dataset is repartitioned into exactly as many partitions as asked for", "[datasets]") {
  on_jobs([] {
    auto data = dataset<int>::from({1, 2, 3, 4, 5, 6, 7, 8}, 2);
    for (std::uint32_t count : {1u, 2u, 3u, 8u, 20u}) {
      auto spread = data.repartition(count);
      CHECK(spread.glom().collect().size() == count);
      CHECK(sorted(spread.collect()) == numbers{1, 2, 3, 4, 5, 6, 7, 8});
      std::size_t greatest = 0;
      for (auto& part : spread.glom().collect())
        greatest = std::max(greatest, part.size());
      CHECK(greatest <= 8 / count + 2); // each task deals its own out evenly
    }
    CHECK_THROWS_AS(data.repartition(0), plan::plan_error);
  });
}

TEST_CASE("key_by pairs each record with its key", "[datasets]") {
  auto length = [](const std::string& word) { return word.size(); };
  on_jobs([&] {
    CHECK(dataset<std::string>::from({"to", "be", ""}, 2).key_by(length).collect() ==
          std::vector<std::pair<std::size_t, std::string>>{{2, "to"}, {2, "be"}, {0, ""}});
  });
  on_both([&](scenario& s) {
    s.expect_list(s.input<std::string>({{"to", ""}, {}, {"or"}}).key_by(length),
                  {{{2, "to"}, {0, ""}}, {}, {{2, "or"}}});
  });
}

TEST_CASE("group_by gathers records by what the function makes of them", "[datasets]") {
  auto parity = [](int x) { return x % 2; };
  on_jobs([&] {
    auto grouped = dataset<int>::from({5, 2, 3, 4, 1}, 3).group_by(parity);
    CHECK(sorted(grouped.collect()) == std::vector<std::pair<int, numbers>>{{0, {2, 4}}, {1, {5, 3, 1}}});
  });
  on_both([&](scenario& s) {
    s.expect_set(s.input<int>({{5, 2, 3}, {}, {4}}).group_by(parity), {{{0, {2}}, {1, {5, 3}}}, {}, {{0, {4}}}});
  });
}

TEST_CASE("a dataset has the keyed operations of a stream", "[datasets]") {
  on_jobs([] {
    auto data = dataset<counted>::from(pairs, 3);
    CHECK(sorted(data.group_by_key().collect()) ==
          std::vector<std::pair<std::string, numbers>>{{"", {4}}, {"a", {1, 3}}, {"b", {2, 5}}});
    CHECK(sorted(data.reduce_by_key(std::plus<>{}).collect()) == std::vector<counted>{{"", 4}, {"a", 4}, {"b", 7}});
    CHECK(data.map_values([](int x) { return -x; }).take(2) == std::vector<counted>{{"a", -1}, {"b", -2}});
    CHECK(data.flat_map_values([](int x) { return numbers(static_cast<std::size_t>(x % 3), x); }).collect() ==
          std::vector<counted>{{"a", 1}, {"b", 2}, {"b", 2}, {"", 4}, {"b", 5}, {"b", 5}});
    CHECK(data.reduce_by_key(std::plus<>{}, 7).glom().collect().size() == 7);
  });
}

TEST_CASE("lookup gives the values of one key", "[datasets]") {
  on_jobs([] {
    auto data = dataset<counted>::from(pairs, 3);
    CHECK(data.lookup("a") == numbers{1, 3});
    CHECK(data.lookup(std::string{}) == numbers{4});
    CHECK(data.lookup("z").empty());
  });
}

TEST_CASE("count_by_key and count_by_value of a dataset give a map", "[datasets]") {
  using counts = std::map<std::string, std::uint64_t>;
  on_jobs([] {
    auto data = dataset<counted>::from(pairs, 3);
    CHECK(data.count_by_key() == counts{{"", 1}, {"a", 2}, {"b", 2}});
    CHECK(data.keys().count_by_value() == counts{{"", 1}, {"a", 2}, {"b", 2}});
    CHECK(dataset<int>::from({3, 3, 1}, 2).count_by_value() == std::map<int, std::uint64_t>{{1, 1}, {3, 2}});
    CHECK(dataset<int>::from({}).count_by_value().empty());
  });
}
