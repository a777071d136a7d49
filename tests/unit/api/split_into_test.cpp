#include <catch2/catch.hpp>

#include <memory>
#include <string>

#include "libstream/testing/test_driver.hpp"
#include "libstream/testing/three_ways.hpp"

using namespace weir;
using testing::rows;
using testing::test_driver;

namespace {

/// Numbers of a line to one side, their number to another, other words to a third.
struct sort_words {
  std::shared_ptr<int> calls = std::make_shared<int>(0);
  template <class Numbers, class Counts, class Others>
  void operator()(std::string_view line, Numbers& numbers, Counts& counts, Others& others) const {
    ++*calls;
    std::uint64_t found = 0;
    for (std::size_t at = 0; at < line.size();) {
      auto end = std::min(line.find(' ', at), line.size());
      auto word = line.substr(at, end - at);
      if (word == "fail")
        throw std::runtime_error{"told to"};
      if (word.find_first_not_of("0123456789") == std::string_view::npos) {
        numbers(std::stoi(std::string{word}));
        ++found;
      } else {
        others(word);
      }
      at = end + 1;
    }
    counts(std::pair{line, found});
  }
};

void three_sides(stream_context& ctx) {
  auto [numbers, counts, others] =
    ctx.text_input().split_into<int, std::pair<std::string_view, std::uint64_t>, std::string_view>(sort_words{});
  numbers.reduce(std::plus<>{}).named("sum").print();
  counts.named("counts").print();
  others.count_by_value().named("others").print();
  others.map([](std::string_view word) { return word.size(); }).named("sizes").print();
}

} // namespace

TEST_CASE("one function gives records to several streams, and is called once a record", "[split_into]") {
  auto calls = std::make_shared<int>(0);
  test_driver driver{[calls](stream_context& ctx) {
    auto [numbers, counts, others] =
      ctx.text_input().split_into<int, std::pair<std::string_view, std::uint64_t>, std::string_view>(sort_words{calls});
    numbers.named("numbers").print();
    numbers.reduce(std::plus<>{}).named("sum").print();
    others.named("others").print();
  }};
  driver.push({"1 a 2", "b", "39 a"}).step();
  CHECK(driver.output_in_order("numbers") == std::vector<testing::row>{1, 2, 39});
  CHECK(driver.output("sum") == rows{42});
  CHECK(driver.output_in_order("others") == std::vector<testing::row>{"a", "b", "a"});
  CHECK(*calls == 3);
}

TEST_CASE("side outputs are the same straight, over crashes, and however the input is cut", "[split_into]") {
  CHECK(testing::three_ways(three_sides, {{"1 a 2", "b", "39 a"}, {}, {"c 4", "5 5 5"}}));
}

TEST_CASE("a side holds many chunks of records, and one that nobody uses costs nothing", "[split_into]") {
  auto numbers = std::vector<int>(10'000);
  for (int i = 0; i < 10'000; ++i)
    numbers[static_cast<std::size_t>(i)] = i;
  auto [even, texts] = dataset<int>::from(numbers, 3).split_into<int, std::string>([](int n, auto& halved, auto& text) {
    if (n % 2 == 0)
      halved(n);
    text(std::to_string(n));
  });
  CHECK(even.count() == 5'000);
  CHECK(even.collect()[4'999] == 9'998);
  CHECK(texts.collect().back() == "9999");
  CHECK(even.union_with(even.map([](int n) { return n; })).count() == 10'000);
}

TEST_CASE("a function with side outputs that throws is named", "[split_into]") {
  auto [a, b, c] = dataset<std::string_view>::from({"1", "fail"})
                     .split_into<int, std::pair<std::string_view, std::uint64_t>, std::string_view>(sort_words{});
  CHECK_THROWS_WITH(c.collect(), Catch::Contains("split_into") && Catch::Contains("told to"));
}
