// Snippets of docs/operators.md: actions of datasets, and where datasets come from.
#include <filesystem>

#include <catch2/catch.hpp>

#include "tests/docs/snippets.hpp"

using namespace weir;
using docs::check_results;
using docs::results;
namespace fs = std::filesystem;

namespace {

/// Works in a directory that goes with it.
class scratch_directory {
public:
  scratch_directory() {
    REQUIRE(mkdtemp(path_.data()));
    fs::current_path(path_);
  }
  ~scratch_directory() {
    fs::current_path(before_);
    fs::remove_all(path_);
  }

private:
  fs::path before_ = fs::current_path();
  std::string path_ = (fs::temp_directory_path() / "weir-docs-XXXXXX").string();
};

// [actions]
void actions(results& shows) {
  auto numbers = dataset<int>::from({3, 1, 4, 1, 5}, 2);
  shows(numbers.collect());        // [3,1,4,1,5]
  shows(numbers.count());          // 5
  shows(numbers.count_by_value()); // {1:2,3:1,4:1,5:1}
  shows(numbers.take(2));          // [3,1]
  shows(numbers.first());          // 3
  shows(numbers.is_empty());       // false
  shows(numbers.top(2));           // [5,4]
  shows(numbers.take_ordered(2));  // [1,1]

  shows(numbers.reduce(std::plus<>{}));  // 14
  shows(numbers.fold(0, std::plus<>{})); // 14
  auto longer = [](std::string text, int n) { return text + std::to_string(n); };
  shows(numbers.aggregate(std::string{}, longer, std::plus<>{})); // 31415
}
// [end]

// [actions on pairs]
void actions_on_pairs(results& shows) {
  auto sales = dataset<std::pair<std::string, int>>::from({{"tea", 3}, {"rum", 5}, {"tea", 1}});
  shows(sales.count_by_key()); // {rum:1,tea:2}
  shows(sales.lookup("tea"));  // [3,1]
}
// [end]

// [side effects]
void side_effects(results& shows) {
  auto numbers = dataset<int>::from({3, 1, 4}, 2);
  auto sum = std::make_shared<std::atomic<int>>(0);
  numbers.for_each([sum](int n) { *sum += n; });
  shows(sum->load()); // 8
  auto partitions = std::make_shared<std::atomic<int>>(0);
  numbers.for_each_partition([partitions](std::span<const int>) { ++*partitions; });
  shows(partitions->load()); // 2
}
// [end]

// [files]
void files(results& shows) {
  auto numbers = dataset<std::pair<int, std::string>>::from({{1, "one"}, {2, "two"}}, 2);
  numbers.save_as_text_file("numbers.text");  // part-00000, part-00001, _SUCCESS
  shows(read_text("numbers.text").collect()); // [1 one,2 two]
  numbers.save_as_object_file("numbers.objects");
  shows(read_objects<std::pair<int, std::string>>("numbers.objects").values().collect()); // [one,two]
  shows(read_binary_records("numbers.text/part-00000", 2).count());                       // 3
}
// [end]

// [where they come from]
void where_they_come_from(results& shows) {
  shows(dataset<int>::from({1, 2, 3, 4, 5}, 2).glom().collect());           // [[1,2],[3,4,5]]
  shows(dataset<int>::from_partitions({{1}, {2, 3}, {}}).glom().collect()); // [[1],[2,3],[]]
}
// [end]

// [keeping]
void keeping(results& shows) {
  auto calls = std::make_shared<std::atomic<int>>(0);
  auto squares = dataset<int>::from({1, 2, 3})
                   .map([calls](int n) {
                     ++*calls;
                     return n * n;
                   })
                   .persist();
  shows(squares.count());               // 3
  shows(squares.reduce(std::plus<>{})); // 14
  shows(calls->load());                 // 3
  squares.unpersist();
}
// [end]

// [broadcast]
void broadcasts(results& shows) {
  auto stop_words = broadcast{std::set<std::string, std::less<>>{"be", "to"}};
  auto words = dataset<std::string_view>::from({"to", "be", "or", "not"});
  shows(words.filter([stop_words](auto word) { return stop_words->count(word) == 0; }).collect()); // [or,not]
  shows(stop_words.value().size());                                                                // 2
}
// [end]

} // namespace

TEST_CASE("docs/operators.md: actions", "[docs]") { check_results(__FILE__, "actions", actions); }
TEST_CASE("docs/operators.md: actions on pairs", "[docs]") {
  check_results(__FILE__, "actions on pairs", actions_on_pairs);
}
TEST_CASE("docs/operators.md: actions for their side effects", "[docs]") {
  check_results(__FILE__, "side effects", side_effects);
}
TEST_CASE("docs/operators.md: files of datasets", "[docs]") {
  auto source = fs::absolute(__FILE__);
  scratch_directory here;
  check_results(source.c_str(), "files", files);
  CHECK(fs::exists("numbers.text/_SUCCESS"));
}
TEST_CASE("docs/operators.md: where datasets come from", "[docs]") {
  check_results(__FILE__, "where they come from", where_they_come_from);
}
TEST_CASE("docs/operators.md: persisted datasets are computed once", "[docs]") {
  check_results(__FILE__, "keeping", keeping);
}
TEST_CASE("docs/operators.md: broadcasts", "[docs]") { check_results(__FILE__, "broadcast", broadcasts); }
