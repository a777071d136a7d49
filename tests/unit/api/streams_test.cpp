#include <catch2/catch.hpp>
#include <string>

#include "libstream/operators/split_words.hpp"
#include "libstream/testing/test_driver.hpp"

using namespace weir;
using testing::rows;
using testing::test_driver;

namespace {

void word_count(stream_context& ctx) {
  ctx.text_input().flat_map(split_words).count_by_value().named("counts").write_to(ctx.output());
}

std::uint64_t add(std::uint64_t a, std::uint64_t b) { return a + b; }

struct letters {
  using output = char;
  template <class Emit>
  void operator()(std::string_view text, Emit& emit) const {
    for (char byte : text)
      emit(byte);
  }
};

} // namespace

TEST_CASE("words are counted, batch by batch", "[dstream]") {
  test_driver driver{word_count};
  driver.push({"to be or", "not to", "be"}).step();
  CHECK(driver.output("counts") == rows{{"be", 2}, {"not", 1}, {"or", 1}, {"to", 2}});
  driver.push({"be"}).step();
  CHECK(driver.output("counts") == rows{{"be", 1}});
  driver.step();
  CHECK(driver.output("counts") == rows{});
}

TEST_CASE("totals do not depend on partitions or on how the input is cut", "[dstream]") {
  std::vector<std::string> lines;
  for (int i = 0; i < 500; ++i)
    lines.push_back("w" + std::to_string(i % 37) + " w" + std::to_string(i % 11));
  test_driver reference{word_count, {1, 1000, 1000}};
  auto expected = reference.push(lines).step().output("counts");
  CHECK(expected.lines().size() == 37);
  for (std::uint32_t partitions : {2u, 3u, 16u})
    for (std::size_t split : {1u, 7u, 300u}) {
      test_driver driver{word_count, {partitions, split, 1000}};
      CHECK(driver.push(lines).step().output("counts") == expected);
    }
}

TEST_CASE("map, filter and map_values keep the records in order", "[dstream]") {
  test_driver driver{[](stream_context& ctx) {
    ctx.text_input()
      .filter([](std::string_view line) { return line != "drop"; })
      .map([](std::string_view line) {
        return std::pair{line, line.size()};
      })
      .map_values([](std::size_t size) { return size * 10; })
      .named("sizes")
      .write_to(ctx.output());
  }};
  driver.push({"a", "drop", "bbb", "drop", "cc"}).step();
  CHECK(driver.output("sizes") == rows{{"a", 10}, {"bbb", 30}, {"cc", 20}});
}

TEST_CASE("flat_map takes functions that return a range, and functions that emit", "[dstream]") {
  test_driver driver{[](stream_context& ctx) {
    auto lines = ctx.text_input();
    lines.flat_map([](std::string_view line) { return std::vector<std::string>(line.size(), std::string{line}); })
      .named("owned")
      .print();
    lines.flat_map([](std::string_view line) { return std::vector{line.substr(0, 1), line}; }).named("views").print();
    lines.flat_map(letters{}).map([](char c) { return std::string(1, c); }).named("letters").print();
    lines
      .flat_map<std::size_t>([](std::string_view line, auto& emit) {
        for (std::size_t i = 0; i < line.size(); ++i)
          emit(i);
      })
      .named("places")
      .print();
  }};
  driver.push({"ab", "c", ""}).step();
  CHECK(driver.output("owned") == rows{"ab", "ab", "c"});
  CHECK(driver.output("views") == rows{"a", "ab", "c", "c", "", ""});
  CHECK(driver.output("letters") == rows{"a", "b", "c"});
  CHECK(driver.output("places") == rows{"0", "1", "0"});
}

TEST_CASE("a record may become far more than a chunk", "[dstream]") {
  test_driver driver{[](stream_context& ctx) {
    ctx.text_input()
      .flat_map([](std::string_view) { return std::vector<int>(10'000, 7); })
      .count_by_value()
      .named("sevens")
      .print();
  }};
  driver.push({"x", "y"}).step();
  CHECK(driver.output("sevens") == rows{{7, 20'000}});
}

TEST_CASE("a stream that is used twice is computed once", "[dstream]") {
  auto calls = std::make_shared<int>(0);
  test_driver driver{[calls](stream_context& ctx) {
    auto words = ctx.text_input().flat_map(split_words).map([calls](std::string_view word) {
      ++*calls;
      return word;
    });
    words.count_by_value().named("counts").print();
    words.count().named("total").print();
    words.named("words").print();
  }};
  driver.push({"a b", "a"}).step();
  CHECK(*calls == 3);
  CHECK(driver.output("counts") == rows{{"a", 2}, {"b", 1}});
  CHECK(driver.output("total") == rows{"3"});
  CHECK(driver.output("words") == rows{"a", "b", "a"});
}

TEST_CASE("shuffles follow each other, and each stage may have outputs", "[dstream]") {
  test_driver driver{[](stream_context& ctx) {
    auto counts = ctx.text_input().flat_map(split_words).count_by_value().named("counts");
    counts.print();
    auto by_count = counts.map([](const auto& entry) {
                            return std::pair{entry.second, std::uint64_t{1}};
                          })
                      .reduce_by_key(add)
                      .named("by_count");
    by_count.print();
    by_count.count().named("different").print();
  }};
  driver.push({"a b c", "a b", "a d", "e"}).step();
  CHECK(driver.output("counts") == rows{{"a", 3}, {"b", 2}, {"c", 1}, {"d", 1}, {"e", 1}});
  CHECK(driver.output("by_count") == rows{{1, 3}, {2, 1}, {3, 1}});
  CHECK(driver.output("different") == rows{"3"});
}

TEST_CASE("count gives one record a batch, also when there is no input", "[dstream]") {
  test_driver driver{[](stream_context& ctx) { ctx.text_input().count().named("lines").print(); }};
  driver.push({"a", "b", "c", "d", "e"}).step();
  CHECK(driver.output("lines") == rows{"5"});
  driver.step();
  CHECK(driver.output("lines") == rows{"0"});
}

TEST_CASE("any record type may be a key", "[dstream]") {
  test_driver driver{[](stream_context& ctx) {
    auto lines = ctx.text_input();
    lines.map([](auto line) { return line.empty(); }).count_by_value().named("empty").print();
    lines.map([](auto line) {
           return std::tuple{line.size(), std::optional{line}};
         })
      .count_by_value()
      .named("tuples")
      .print();
    lines.map([](auto line) { return std::vector{line, line}; }).count_by_value().named("lists").print();
  }};
  driver.push({"", "ab", "", "ab"}).step();
  CHECK(driver.output("empty") == rows{{"true", 2}, {"false", 2}});
  CHECK(driver.output("tuples") == rows{{"(0,)", 2}, {"(2,ab)", 2}});
  CHECK(driver.output("lists") == rows{{"[,]", 2}, {"[ab,ab]", 2}});
}

TEST_CASE("each task works on its own copy of a user function", "[dstream]") {
  struct numbering {
    int calls = 0;
    int operator()(std::string_view) { return ++calls; }
  };
  test_driver driver{[](stream_context& ctx) { ctx.text_input().map(numbering{}).named("numbers").print(); },
                     {1, 2, 1000}};
  driver.push({"a", "b", "c"}).step();
  CHECK(driver.output("numbers") == rows{"1", "2", "1"});
}
