// Spark's BasicOperationsSuite: what brings two streams of pairs together.
#include "tests/acceptance/two_runtimes.hpp"

using namespace weir;
using namespace weir::acceptance;

namespace {

using one = std::pair<std::string, int>;
using other = std::pair<std::string, std::string>;
template <class Left, class Right>
using joined = std::pair<std::string, std::pair<Left, Right>>;
using maybe_int = std::optional<int>;
using maybe_text = std::optional<std::string>;
constexpr auto none = std::nullopt;

/// The two inputs of the suite's joins: words with 1, and words with "x".
struct two_streams {
  dstream<one> left;
  dstream<other> right;

  two_streams(scenario& s, batches<std::string> left_words, batches<std::string> right_words)
    : left{s.input(std::move(left_words)).map([](const std::string& word) {
        return one{word, 1};
      })},
      right{s.input(std::move(right_words), 3).map([](const std::string& word) {
        return other{word, "x"};
      })} {}
  explicit two_streams(scenario& s)
    : two_streams{s, {{"a", "b"}, {"a", ""}, {""}, {}}, {{"a", "b"}, {"b", ""}, {}, {""}}} {}
};

const batches<joined<int, std::string>> inner{{{"a", {1, "x"}}, {"b", {1, "x"}}}, {{"", {1, "x"}}}, {}, {}};

const std::vector<one> fruit{{"apple", 1}, {"pear", 2}, {"apple", 3}};
const std::vector<other> colours{{"apple", "green"}, {"plum", "blue"}, {"apple", "red"}};

template <class T>
std::vector<T> sorted(std::vector<T> all) {
  std::sort(all.begin(), all.end());
  return all;
}

} // namespace

TEST_CASE("cogroup gathers for each key the values of both streams, none where a stream has none", "[joins]") {
  using ints = std::vector<int>;
  using texts = std::vector<std::string>;
  on_both([](scenario& s) {
    two_streams two{s, {{"a", "a", "b"}, {"a", ""}, {""}, {}}, {{"a", "a", "b"}, {"b", ""}, {}, {}}};
    batches<joined<ints, texts>> expected{
      {{"a", {{1, 1}, {"x", "x"}}}, {"b", {{1}, {"x"}}}},
      {{"a", {{1}, {}}}, {"b", {{}, {"x"}}}, {"", {{1}, {"x"}}}},
      {{"", {{1}, {}}}},
      {},
    };
    s.expect_set(two.left.cogroup(two.right), expected);
  });
}

TEST_CASE("join pairs the values of equal keys of the same batch", "[joins]") {
  on_both([](scenario& s) {
    two_streams two{s};
    s.expect_set(two.left.join(two.right), inner);
  });
  // Each value here with each value there.
  on_both([](scenario& s) {
    auto left = s.input<one>({{{"a", 1}, {"a", 2}, {"b", 3}}});
    auto right = s.input<one>({{{"a", 10}, {"a", 20}, {"c", 30}}, {{"a", 40}}});
    s.expect_set(left.join(right),
                 batches<joined<int, int>>{{{"a", {1, 10}}, {"a", {1, 20}}, {"a", {2, 10}}, {"a", {2, 20}}}, {}});
  });
}

TEST_CASE("left_outer_join keeps the keys of the first stream that the second has not", "[joins]") {
  on_both([](scenario& s) {
    two_streams two{s};
    batches<joined<int, maybe_text>> expected{
      {{"a", {1, "x"}}, {"b", {1, "x"}}}, {{"", {1, "x"}}, {"a", {1, none}}}, {{"", {1, none}}}, {}};
    s.expect_set(two.left.left_outer_join(two.right), expected);
  });
}

TEST_CASE("right_outer_join keeps the keys of the second stream that the first has not", "[joins]") {
  on_both([](scenario& s) {
    two_streams two{s};
    batches<joined<maybe_int, std::string>> expected{
      {{"a", {1, "x"}}, {"b", {1, "x"}}}, {{"", {1, "x"}}, {"b", {none, "x"}}}, {}, {{"", {none, "x"}}}};
    s.expect_set(two.left.right_outer_join(two.right), expected);
  });
}

TEST_CASE("full_outer_join keeps the keys of both streams", "[joins]") {
  on_both([](scenario& s) {
    two_streams two{s};
    batches<joined<maybe_int, maybe_text>> expected{
      {{"a", {1, "x"}}, {"b", {1, "x"}}},
      {{"", {1, "x"}}, {"a", {1, none}}, {"b", {none, "x"}}},
      {{"", {1, none}}},
      {{"", {none, "x"}}},
    };
    s.expect_set(two.left.full_outer_join(two.right), expected);
  });
}

TEST_CASE("subtract_by_key gives the pairs whose key does not stand in the other dataset", "[joins]") {
  on_both([](scenario& s) {
    two_streams two{s};
    s.expect_set(two.left.subtract_by_key(two.right), {{}, {{"a", 1}}, {{"", 1}}, {}});
  });
  on_jobs([] {
    auto here = dataset<one>::from({{"a", 1}, {"b", 2}, {"a", 3}, {"c", 4}}, 2);
    auto there = dataset<other>::from({{"b", "x"}, {"d", "x"}}, 2);
    CHECK(sorted(here.subtract_by_key(there).collect()) == std::vector<one>{{"a", 1}, {"a", 3}, {"c", 4}});
  });
}

TEST_CASE("a stream is joined with static data inside transform", "[joins]") {
  auto names = dataset<other>::from({{"a", "ann"}, {"b", "bob"}}, 2);
  batches<joined<int, std::string>> expected{{{"a", {1, "ann"}}, {"b", {2, "bob"}}}, {}, {{"b", {4, "bob"}}}};
  on_both([&](scenario& s) {
    auto input = s.input<one>({{{"a", 1}, {"b", 2}, {"c", 3}}, {}, {{"b", 4}}});
    s.expect_set(input.transform([names](const dataset<one>& batch) { return batch.join(names); }), expected);
    s.expect_set(input.join(names), expected); // without transform, too
    // What is kept is there for each batch, and computed once.
    s.expect_set(input.join(names.map_values([](const std::string& name) { return name; }).persist()), expected);
  });
}

TEST_CASE("a dataset has the joins of a stream", "[joins]") {
  on_jobs([] {
    auto left = dataset<one>::from(fruit, 2);
    auto right = dataset<other>::from(colours, 3);
    CHECK(sorted(left.join(right).collect()) ==
          std::vector<joined<int, std::string>>{
            {"apple", {1, "green"}}, {"apple", {1, "red"}}, {"apple", {3, "green"}}, {"apple", {3, "red"}}});
    CHECK(sorted(left.left_outer_join(right).collect()) == std::vector<joined<int, maybe_text>>{{"apple", {1, "green"}},
                                                                                                {"apple", {1, "red"}},
                                                                                                {"apple", {3, "green"}},
                                                                                                {"apple", {3, "red"}},
                                                                                                {"pear", {2, none}}});
    CHECK(sorted(left.right_outer_join(right).collect()) ==
          std::vector<joined<maybe_int, std::string>>{{"apple", {1, "green"}},
                                                      {"apple", {1, "red"}},
                                                      {"apple", {3, "green"}},
                                                      {"apple", {3, "red"}},
                                                      {"plum", {none, "blue"}}});
    CHECK(left.full_outer_join(right).count() == 6);
    CHECK(sorted(left.cogroup(right).collect()) ==
          std::vector<joined<std::vector<int>, std::vector<std::string>>>{
            {"apple", {{1, 3}, {"green", "red"}}}, {"pear", {{2}, {}}}, {"plum", {{}, {"blue"}}}});
    CHECK(left.join(dataset<other>::from({})).is_empty());
  });
}
