#include "libstream/testing/three_ways.hpp"

#include <atomic>
#include <sstream>
#include <stdexcept>

#include <catch2/catch.hpp>

#include "libstream/api/receiver.hpp"
#include "libstream/operators/split_words.hpp"

using namespace weir;
using namespace weir::testing;

namespace {

template <class T>
struct idle_receiver final : receiver<T> {
  void on_start() override {}
  void on_stop() override {}
};

using sale = std::pair<std::string, std::uint64_t>;

void word_count(stream_context& ctx) {
  ctx.text_input().flat_map(weir::split_words).count_by_value().named("counts").print();
}

const std::vector<arrival> text = {{"a b a", "b c", "a", "d e f g"}, {"c c c"}, {}, {"a", "b", "c", "d"}};

std::string said(const verdict& found) {
  std::ostringstream out;
  out << found;
  return out.str();
}

} // namespace

TEST_CASE("a word count is the same in all ways", "[three_ways]") {
  auto found = three_ways(word_count, text);
  INFO(found);
  CHECK(found);
  CHECK_THAT(said(found), Catch::StartsWith("the same in ") && Catch::EndsWith("of 4 batches"));
}

TEST_CASE("several inputs and outputs, some always due, are the same in all ways", "[three_ways]") {
  auto build = [](stream_context& ctx) {
    ctx.text_input().count().named("lines").print();
    auto sales = ctx.receiver_stream(std::make_shared<idle_receiver<sale>>()).named("sales");
    sales.reduce_by_key(std::plus<>{}).named("totals").print();
    sales.top(2).named("greatest").print();
  };
  auto sell = [](std::vector<sale> sales) {
    return [sales](test_driver& driver) { driver.push({"one"}).push("sales", sales); };
  };
  CHECK(three_ways(build, {sell({{"ann", 3}, {"bob", 1}, {"ann", 2}}), arrival{}, sell({{"cem", 9}, {"bob", 8}})}));
}

TEST_CASE("nothing at all is the same in all ways", "[three_ways]") { CHECK(three_ways(word_count, {})); }

TEST_CASE("what tasks have summed up may lie otherwise in the parts of a batch that is cut otherwise", "[three_ways]") {
  auto build = [](stream_context& ctx) {
    auto bytes = ctx.accumulator<std::uint64_t>();
    ctx.text_input()
      .map([bytes](std::string_view line) {
        bytes.add(line.size());
        return std::pair{std::string{line}, 1};
      })
      .reduce_by_key(std::plus<>{})
      .named("counts")
      .print();
  };
  auto found = three_ways(build, text);
  INFO(found);
  CHECK(found);
}

TEST_CASE("a counter that outlives a crash is caught", "[three_ways]") {
  int number = 0;
  auto found = three_ways(
    [&](stream_context& ctx) {
      ctx.text_input()
        .map([&](std::string_view line) {
          return std::pair{std::string{line}, ++number};
        })
        .named("numbered")
        .print();
    },
    {{"a", "b"}});
  CHECK_FALSE(found);
  CHECK_THAT(said(found), Catch::Contains("straight for the second time") && Catch::Contains("batch at 1000 ms") &&
                            Catch::Contains("output 'numbered'") && Catch::Contains("missing: \"a\\t1\" \"b\\t2\"") &&
                            Catch::Contains("extra: \"a\\t3\" \"b\\t4\""));
}

TEST_CASE("a counter that a crash sets back is caught", "[three_ways]") {
  auto found = three_ways(
    [](stream_context& ctx) {
      auto number = std::make_shared<int>(0);
      ctx.text_input()
        .map([number](std::string_view line) {
          return std::pair{std::string{line}, ++*number};
        })
        .named("numbered")
        .print();
    },
    {{"a", "b"}, {"c"}});
  CHECK_FALSE(found);
  CHECK_THAT(said(found), Catch::Contains("killed in every batch when it was not sealed") &&
                            Catch::Contains("batch at 2000 ms") && Catch::Contains("missing: \"c\\t3\"") &&
                            Catch::Contains("extra: \"c\\t1\""));
}

TEST_CASE("what depends on how the input is cut is caught", "[three_ways]") {
  // Keeps the first record that it sees in each task.
  auto build = [](stream_context& ctx) {
    ctx.text_input()
      .filter([first = true](std::string_view) mutable { return std::exchange(first, false); })
      .named("firsts")
      .print();
  };
  auto found = three_ways(build, {{"a", "b", "c", "d"}});
  CHECK_FALSE(found);
  CHECK_THAT(said(found), Catch::Contains("records a split") && Catch::Contains("output 'firsts'"));
}

TEST_CASE("what depends on the number of a partition is caught", "[three_ways]") {
  auto build = [](stream_context& ctx) {
    ctx.text_input()
      .count_by_value()
      .map_partitions_with_index([](std::uint32_t index, auto records) {
        std::vector<std::pair<std::string, std::uint32_t>> found;
        for (auto& [line, count] : records)
          found.emplace_back(line, index);
        return found;
      })
      .named("places")
      .print();
  };
  three_ways_options options;
  options.records_per_split = {};
  auto found = three_ways(build, {{"a", "b", "c", "d", "e", "f", "g"}}, options);
  CHECK_FALSE(found);
  CHECK_THAT(said(found), Catch::Contains("with 1 partitions and 3 records a split") &&
                            Catch::Contains("output 'places'") && Catch::Contains("missing: ") &&
                            Catch::Contains("extra: \"b\\t0\""));
}

TEST_CASE("a pipeline that joins without being associative is caught", "[three_ways]") {
  auto build = [](stream_context& ctx) {
    ctx.text_input()
      .map([](std::string_view line) {
        return std::pair{0, static_cast<int>(line.size())};
      })
      .reduce_by_key([](int a, int b) { return a - b; })
      .named("difference")
      .print();
  };
  CHECK_FALSE(three_ways(build, {{"a", "bb", "ccc", "dddd", "e"}}));
}

TEST_CASE("outputs that are not compared may differ", "[three_ways]") {
  int number = 0;
  auto build = [&](stream_context& ctx) {
    word_count(ctx);
    ctx.text_input().map([&](std::string_view) { return ++number; }).named("numbers").print();
  };
  three_ways_options options;
  options.outputs = {"counts"};
  auto found = three_ways(build, text, options);
  CHECK_THAT(said(found), Catch::Contains("gave other bytes")); // an attempt must still be like another
  options.outputs = {"count"};
  CHECK_THAT(said(three_ways(word_count, text, options)), Catch::Contains("did you mean 'counts'?"));
}

TEST_CASE("a failure names the way in which it happened", "[three_ways]") {
  auto found = three_ways(
    [runs = std::make_shared<int>(0)](stream_context& ctx) {
      auto run = ++*runs;
      ctx.text_input()
        .map([run](std::string_view) {
          if (run == 4) // the second one of the first that is killed
            throw std::runtime_error{"it cannot do it again"};
          return 1;
        })
        .named("ones")
        .print();
    },
    {{"a"}});
  CHECK_FALSE(found);
  CHECK_THAT(said(found),
             Catch::StartsWith("fails when it runs killed in every batch") && Catch::Contains("it cannot do it again"));
}

TEST_CASE("a verdict shows some of many rows", "[three_ways]") {
  int run = 0;
  three_ways_options options;
  options.shown_rows = 2;
  auto found = three_ways(
    [&](stream_context& ctx) {
      ++run;
      ctx.text_input().map([run = run](std::string_view line) { return std::pair{std::string{line}, run}; }).print();
    },
    {{"a", "b", "c", "d"}}, options);
  CHECK_THAT(said(found), Catch::Contains("missing: \"a\\t1\" \"b\\t1\" and 2 more"));
}
