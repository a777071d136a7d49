// Snippets of docs/operators.md: what streams and datasets of pairs can do.
#include <catch2/catch.hpp>

#include "tests/docs/snippets.hpp"

using namespace weir;
using docs::check_batches;
using docs::check_results;
using docs::results;

namespace {

// [parts of pairs]
void parts_of_pairs(results& shows) {
  auto sales = dataset<std::pair<std::string_view, int>>::from({{"tea", 3}, {"rum", 5}, {"tea", 1}});
  shows(sales.keys().collect());                                                       // [tea,rum,tea]
  shows(sales.values().collect());                                                     // [3,5,1]
  shows(sales.map_values([](int n) { return n * 10; }).collect());                     // [tea 30,rum 50,tea 10]
  shows(sales.flat_map_values([](int n) { return std::vector(n / 2, 2); }).collect()); // [tea 2,rum 2,rum 2]
}
// [end]

// [by key]
void by_key(results& shows) {
  auto sales = dataset<std::pair<std::string_view, int>>::from({{"tea", 3}, {"rum", 5}, {"tea", 1}});
  shows(sales.reduce_by_key(std::plus<>{}).collect());  // [tea 4,rum 5]
  shows(sales.fold_by_key(0, std::plus<>{}).collect()); // [tea 4,rum 5]
  shows(sales.group_by_key().collect());                // [tea [3,1],rum [5]]

  auto greatest = [](int a, int b) { return std::max(a, b); };
  shows(sales.aggregate_by_key(0, greatest, greatest).collect()); // [tea 3,rum 5]

  using mean = std::pair<int, int>; // sum, how many
  auto means = sales.combine_by_key(
    [](int n) {
      return mean{n, 1};
    },
    [](mean m, int n) {
      return mean{m.first + n, m.second + 1};
    },
    [](mean a, mean b) {
      return mean{a.first + b.first, a.second + b.second};
    });
  shows(means.map_values([](mean m) { return 1.0 * m.first / m.second; }).collect()); // [tea 2,rum 5]
}
// [end]

// [joins]
void joins(results& shows) {
  auto users = dataset<std::pair<int, std::string_view>>::from({{1, "ann"}, {2, "bob"}});
  auto visits = dataset<std::pair<int, std::string_view>>::from({{1, "/a"}, {3, "/b"}, {1, "/c"}});
  shows(users.join(visits).map_values([](const auto& both) { return both.second; }).collect()); // [1 /a,1 /c]
  shows(users.left_outer_join(visits).values().collect());  // [ann /a,ann /c,bob none]
  shows(users.right_outer_join(visits).values().collect()); // [ann /a,ann /c,none /b]
  shows(users.full_outer_join(visits).values().collect());  // [ann /a,ann /c,bob none,none /b]
  shows(users.cogroup(visits).values().collect());          // [[ann] [/a,/c],[bob] [],[] [/b]]
  shows(users.subtract_by_key(visits).collect());           // [2 bob]
}
// [end]

// [partitions of keys]
void partitions_of_keys(results& shows) {
  auto sales = dataset<std::pair<int, int>>::from({{7, 1}, {2, 1}, {7, 2}, {4, 1}}, 2);
  auto odd = [](int key) { return static_cast<std::uint32_t>(key % 2); };
  shows(sales.partition_by({2, odd}).keys().glom().collect());     // [[2,4],[7,7]]
  shows(sales.reduce_by_key(std::plus<>{}, 3).glom().count());     // 3
  shows(sales.sort_by_key().keys().collect());                     // [2,4,7,7]
  shows(sales.sort_by_key(order::descending, 2).keys().collect()); // [7,7,4,2]
}
// [end]

// [joining a stream]
void visits_by_name(stream_context& ctx) {
  auto names = dataset<std::pair<std::string, std::string>>::from({{"1", "ann"}, {"2", "bob"}}); // static
  ctx.text_input()
    .map([](std::string_view line) {
      return std::pair{line.substr(0, 1), line.substr(2)};
    })
    .join(names)
    .values() // (page, name)
    .named("visits")
    .print();
  // in: 1 /a | 3 /b | 2 /a
  // visits: /a ann | /a bob
}
// [end]

} // namespace

TEST_CASE("docs/operators.md: parts of pairs", "[docs]") { check_results(__FILE__, "parts of pairs", parts_of_pairs); }
TEST_CASE("docs/operators.md: operations by key", "[docs]") { check_results(__FILE__, "by key", by_key); }
TEST_CASE("docs/operators.md: joins", "[docs]") { check_results(__FILE__, "joins", joins); }
TEST_CASE("docs/operators.md: partitions of keys", "[docs]") {
  check_results(__FILE__, "partitions of keys", partitions_of_keys);
}
TEST_CASE("docs/operators.md: a stream is joined with static data", "[docs]") {
  check_batches(__FILE__, "joining a stream", visits_by_name);
}
