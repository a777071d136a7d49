// What programs use of Spark's RDDs: actions, which compute.
#include <atomic>
#include <mutex>

#include "tests/acceptance/two_runtimes.hpp"
#include "tests/unit/actors/sources/temporary_directory.hpp"

using namespace weir;
using namespace weir::acceptance;

namespace {

using numbers = std::vector<int>;
using texts = std::vector<std::string>;
using counted = std::pair<std::string, int>;
using testing::temporary_directory;

texts file_names(const std::string& directory) {
  texts all;
  for (auto& entry : std::filesystem::directory_iterator{directory})
    all.push_back(entry.path().filename());
  std::sort(all.begin(), all.end());
  return all;
}

} // namespace

TEST_CASE("take gives the first records and first the first one, and first of nothing is an error", "[datasets]") {
  on_jobs([] {
    auto data = dataset<int>::from_partitions({{}, {5, 3}, {}, {4, 1}});
    CHECK(data.take(0).empty());
    CHECK(data.take(3) == numbers{5, 3, 4});
    CHECK(data.take(9) == numbers{5, 3, 4, 1});
    CHECK(data.first() == 5);
    auto why = error_of([] { (void)dataset<int>::from_partitions({{}, {}}).first(); });
    CHECK_THAT(why.message(), Catch::Contains("first: the dataset has no records"));
  });
}

TEST_CASE("take_ordered gives the least records in order, top the greatest", "[datasets]") {
  on_jobs([] {
    auto data = dataset<int>::from({5, 3, 9, 4, 1, 9}, 3);
    CHECK(data.take_ordered(3) == numbers{1, 3, 4});
    CHECK(data.top(3) == numbers{9, 9, 5});
    CHECK(data.take_ordered(99) == numbers{1, 3, 4, 5, 9, 9});
    CHECK(data.top(0).empty());
    auto by_last_digit_of_square = [](int a, int b) { return a * a % 10 < b * b % 10; };
    CHECK(data.take_ordered(2, by_last_digit_of_square) == numbers{9, 1}); // of equal ones the first
    CHECK(data.top(2, by_last_digit_of_square) == numbers{3, 4});
    CHECK(dataset<int>::from({}).top(3).empty());
  });
}

TEST_CASE("reduce, fold and aggregate join all records of a dataset", "[datasets]") {
  on_jobs([] {
    auto data = dataset<std::string>::from_partitions({{"a", "b"}, {}, {"c"}});
    CHECK(data.reduce(std::plus<>{}) == "abc"); // in order
    CHECK(data.fold("", std::plus<>{}) == "abc");
    auto lengths = data.aggregate(
      std::size_t{0}, [](std::size_t sum, const std::string& each) { return sum + each.size(); }, std::plus<>{});
    CHECK(lengths == 3);
    auto none = dataset<int>::from({});
    CHECK(none.fold(0, std::plus<>{}) == 0);
    CHECK(none
            .aggregate(
              std::string{}, [](std::string all, int) { return all + "."; }, std::plus<>{})
            .empty());
    CHECK_THAT(error_of([&] { (void)none.reduce(std::plus<>{}); }).message(),
               Catch::Contains("reduce: the dataset has no records"));
  });
}

TEST_CASE("is_empty tells whether a dataset has any record", "[datasets]") {
  on_jobs([] {
    CHECK(dataset<int>::from({}, 3).is_empty());
    CHECK_FALSE(dataset<int>::from_partitions({{}, {}, {0}}).is_empty());
    CHECK(dataset<int>::from({1, 2, 3}, 2).filter([](int x) { return x > 3; }).is_empty());
  });
}

TEST_CASE("for_each sees every record, for_each_partition every partition", "[datasets]") {
  on_jobs([] {
    auto data = dataset<int>::from_partitions({{1, 2}, {}, {4}});
    std::atomic<int> sum = 0;
    data.for_each([&](int x) { sum += x; });
    CHECK(sum == 7);
    std::mutex mutex;
    std::multiset<numbers> seen;
    data.for_each_partition([&](std::span<const int> all) {
      std::lock_guard guard{mutex};
      seen.emplace(all.begin(), all.end());
    });
    CHECK(seen == std::multiset<numbers>{{1, 2}, {}, {4}});
    auto why = error_of([&] { data.for_each([](int) { throw std::runtime_error{"not this one"}; }); });
    CHECK_THAT(why.message(), Catch::Contains("not this one"));
  });
}

TEST_CASE("read_text gives the lines of files as a dataset", "[datasets]") {
  temporary_directory directory;
  directory.write("b.txt", "to be\nor not\n");
  directory.write("a.txt", "first\n\nthird");
  directory.write(".hidden", "no\n");
  directory.write("_SUCCESS", "no\n");
  on_jobs([&] {
    CHECK(read_text(directory.path() + "/b.txt").collect() == texts{"to be", "or not"});
    CHECK(read_text(directory.path()).collect() == texts{"first", "", "third", "to be", "or not"}); // by name
    auto nothing = error_of([&] { (void)read_text(directory.path() + "/none"); });
    CHECK(nothing.code == error_code::configuration);
    CHECK_THAT(nothing.message(), Catch::Contains("/none"));
  });
  // As static data of a stream.
  auto known = read_text(directory.path() + "/a.txt");
  on_both([&](scenario& s) {
    auto input = s.input<std::string>({{"first", "second"}, {"third"}});
    s.expect_list(input.transform([known](const dataset<std::string>& batch) {
      return batch.map([](const std::string& line) {
                    return std::pair{line, 1};
                  })
        .join(known.map([](std::string_view line) {
          return std::pair{line, 2};
        }))
        .map([](const auto& pair) { return std::string{pair.first}; });
    }),
                  {{"first"}, {"third"}});
  });
}

TEST_CASE("what save_as_text_file wrote is read again by read_text", "[datasets]") {
  on_jobs([] {
    temporary_directory directory;
    auto saved = directory.path() + "/deep/saved";
    dataset<counted>::from_partitions({{{"a", 1}}, {}, {{"b", 2}, {"", 3}}}).save_as_text_file(saved);
    CHECK(file_names(saved) == texts{"_SUCCESS", "part-00000", "part-00002"});
    CHECK(read_text(saved).collect() == texts{"a\t1", "b\t2", "\t3"});
    auto again = error_of([&] { dataset<int>::from({1}).save_as_text_file(saved); });
    CHECK(again.code == error_code::configuration);
    CHECK_THAT(again.message(), Catch::Contains("exists already"));
  });
}

TEST_CASE("what save_as_object_file wrote is read again by read_objects", "[datasets]") {
  using rich = std::tuple<std::string, std::optional<double>, std::map<int, std::vector<std::string>>>;
  std::vector<rich> all{{"tab\tand\nline", 0.1, {{1, {"x", ""}}}}, {"", std::nullopt, {}}, {"third", -3.0, {{2, {}}}}};
  on_jobs([&] {
    temporary_directory directory;
    auto saved = directory.path() + "/objects";
    auto data = dataset<rich>::from(all, 2);
    data.save_as_object_file(saved);
    CHECK(read_objects<rich>(saved).collect() == all);
    CHECK(read_objects<rich>(saved).glom().collect() == data.glom().collect()); // a partition a file
    auto text = directory.path() + "/text";
    dataset<std::string>::from({"a\nb", ""}).save_as_object_file(text);
    CHECK(read_objects<std::string>(text).collect() == texts{"a\nb", ""});
    auto why = error_of([&] { (void)read_objects<int>(saved).collect(); });
    CHECK(why.code == error_code::corrupt);
    CHECK_THAT(why.message(), Catch::Contains("not an object file of these records"));
  });
}
