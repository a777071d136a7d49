// Snippets of docs/operators.md: what streams and datasets of any records can do.
#include <catch2/catch.hpp>
#include <charconv>
#include <cmath>

#include "tests/docs/snippets.hpp"

using namespace weir;
using docs::check_batches;
using docs::check_results;
using docs::results;

namespace {

// [streams and datasets]
void word_lengths(stream_context& ctx) {
  ctx.text_input()
    .flat_map(split_words)
    .map([](std::string_view word) { return word.size(); })
    .named("lengths")
    .print();
  // in: to be or | not to be
  // lengths: 2 | 2 | 2 | 3 | 2 | 2
}

void the_same_of_a_dataset(results& shows) {
  auto lines = dataset<std::string_view>::from({"to be or", "not to be"});
  shows(lines.flat_map(split_words).map([](std::string_view word) { return word.size(); }).collect()); // [2,2,2,3,2,2]
}
// [end]

// [records]
/// A struct of yours: list its members, and include <weir/msgpack_record.hpp>. == is for keys, < for sorting.
struct reading {
  std::string sensor;
  double celsius = 0;
  auto operator<=>(const reading&) const = default;
  MSGPACK_DEFINE(sensor, celsius);
};

void own_records(results& shows) {
  auto readings = dataset<reading>::from({{"roof", 9.5}, {"hall", 21}, {"roof", 9.5}});
  shows(readings.distinct().sort_by().collect());                               // [["hall",21],["roof",9.5]]
  shows(readings.map([](const reading& each) { return each.celsius; }).top(1)); // [21]
}
// [end]

// [floating point numbers]
void no_number_is_a_number(results& shows) {
  auto nan = std::nan("");
  auto numbers = dataset<double>::from({2, nan, -0.0, nan, 0.0}, 2);
  shows(numbers.sort_by().collect());                                  // [-0,0,2,nan,nan]
  shows(numbers.sort_by({}, order::descending).collect());             // [nan,nan,2,-0,0]
  shows(numbers.distinct(1).sort_by().collect());                      // [0,2,nan]
  shows(numbers.count_by_value().at(nan));                             // 2
  shows(numbers.map([](double n) { return std::pair{n, 1}; }).top(1)); // [nan 1]
}
// [end]

// [one record at a time]
void one_record_at_a_time(results& shows) {
  auto numbers = dataset<int>::from({1, 2, 3, 4});
  shows(numbers.map([](int n) { return n * n; }).collect());                      // [1,4,9,16]
  shows(numbers.filter([](int n) { return n % 2 == 0; }).collect());              // [2,4]
  shows(numbers.flat_map([](int n) { return std::vector(n % 3, n); }).collect()); // [1,2,2,4]
  shows(numbers.key_by([](int n) { return n % 2; }).collect());                   // [1 1,0 2,1 3,0 4]

  auto emitting = [](int n, auto& emit) { // makes no vector: for what is called often
    for (int i = 0; i < n % 3; ++i)
      emit(n);
  };
  shows(numbers.flat_map<int>(emitting).collect()); // [1,2,2,4]

  auto lines = dataset<std::string_view>::from({"GET /", "POST /a", "GET /b"});
  shows(lines.filter(contains("GET")).collect()); // [GET /,GET /b]
}
// [end]

// [side outputs]
void side_outputs(stream_context& ctx) {
  auto lines = ctx.text_input();
  auto [numbers, unreadable] =
    lines.split_into<int, std::string_view>([](std::string_view line, auto& good, auto& bad) {
      int value = 0;
      auto [end, wrong] = std::from_chars(line.data(), line.data() + line.size(), value);
      if (wrong == std::errc{} && end == line.data() + line.size())
        good(value);
      else
        bad(line);
    });
  numbers.reduce(std::plus<>{}).named("sum").print();
  unreadable.named("unreadable").print();
  // in: 4 | what? | 38
  // sum: 42
  // unreadable: what?
}
// [end]

// [whole partitions]
void whole_partitions(results& shows) {
  auto numbers = dataset<int>::from({1, 2, 3, 4, 5}, 2); // in two partitions
  shows(numbers.glom().collect());                       // [[1,2],[3,4,5]]

  auto sum = [](std::span<const int> all) { return std::vector{std::accumulate(all.begin(), all.end(), 0)}; };
  shows(numbers.map_partitions(sum).collect()); // [3,12]

  auto sizes = [](std::uint32_t index, std::span<const int> all) { return std::vector{std::pair{index, all.size()}}; };
  shows(numbers.map_partitions_with_index(sizes).collect()); // [0 2,1 3]

  auto halves = [](std::span<const int> some, auto& emit) { // a few hundred records a call
    for (auto n : some)
      emit(n / 2.0);
  };
  shows(numbers.map_chunks<double>(halves).collect()); // [0.5,1,1.5,2,2.5]

  shows(numbers.repartition(5).glom().count()); // 5
  shows(numbers.coalesce(1).glom().collect());  // [[1,2,3,4,5]]
}
// [end]

// [several together]
void several_together(results& shows) {
  auto ours = dataset<std::string_view>::from({"a", "b", "b", "c"});
  auto theirs = dataset<std::string_view>::from({"b", "d", "a", "b"});
  shows(ours.union_with(theirs).collect());                    // [a,b,b,c,b,d,a,b]
  shows(ours.distinct().sort_by().collect());                  // [a,b,c]
  shows(ours.intersection(theirs).sort_by().collect());        // [a,b]
  shows(ours.subtract(theirs).collect());                      // [c]
  shows(ours.zip(theirs).collect());                           // [a b,b d,b a,c b]
  shows(dataset<int>::from({1, 2}).cartesian(theirs).count()); // 8
}
// [end]

// [order and chance]
void order_and_chance(results& shows) {
  auto words = dataset<std::string_view>::from({"pear", "fig", "apple", "kiwi"}, 2);
  shows(words.sort_by().collect());                                            // [apple,fig,kiwi,pear]
  shows(words.sort_by([](std::string_view w) { return w.size(); }).collect()); // [fig,pear,kiwi,apple]
  shows(words.sort_by(std::identity{}, order::descending).first());            // pear
  shows(words.zip_with_index().collect());                                     // [pear 0,fig 1,apple 2,kiwi 3]
  shows(words.group_by([](std::string_view w) { return w.size(); })
          .sort_by_key()
          .collect()); // [3 [fig],4 [pear,kiwi],5 [apple]]

  auto many = dataset<int>::from(std::vector(10'000, 7));
  shows(many.sample(0.1, 42).count() == many.sample(0.1, 42).count()); // true
  shows(many.sample(2.5, 42, true).count() > 24'000);                  // true
}
// [end]

} // namespace

TEST_CASE("docs/operators.md: streams and datasets do the same", "[docs]") {
  check_batches(__FILE__, "streams and datasets", word_lengths);
  check_results(__FILE__, "streams and datasets", the_same_of_a_dataset);
}
TEST_CASE("docs/operators.md: structs are records", "[docs]") { check_results(__FILE__, "records", own_records); }
TEST_CASE("docs/operators.md: floating point numbers have one order", "[docs]") {
  check_results(__FILE__, "floating point numbers", no_number_is_a_number);
}
TEST_CASE("docs/operators.md: one record at a time", "[docs]") {
  check_results(__FILE__, "one record at a time", one_record_at_a_time);
}
TEST_CASE("docs/operators.md: side outputs", "[docs]") { check_batches(__FILE__, "side outputs", side_outputs); }
TEST_CASE("docs/operators.md: whole partitions", "[docs]") {
  check_results(__FILE__, "whole partitions", whole_partitions);
}
TEST_CASE("docs/operators.md: several streams or datasets together", "[docs]") {
  check_results(__FILE__, "several together", several_together);
}
TEST_CASE("docs/operators.md: order and chance", "[docs]") {
  check_results(__FILE__, "order and chance", order_and_chance);
}
