#include <catch2/catch.hpp>

#include "libstream/testing/test_driver.hpp"

using namespace weir;

namespace {

using pair = std::pair<std::string, int>;

dataset<pair> pairs() { return dataset<pair>::from({{"a", 1}, {"b", 2}}); }

template <class Action>
std::string error_of(Action action) {
  try {
    action();
  } catch (const plan::plan_error& wrong) {
    return wrong.what();
  }
  return "no error";
}

/// What each operation that takes a partitioner says when that chooses.
template <class Choose>
std::vector<std::string> errors_of(Choose choose) {
  partitioning<std::string> how{2, choose};
  std::vector<std::string> errors;
  auto add = [&](auto made) { errors.push_back(error_of([&] { (void)made.collect(); })); };
  auto sum = [](int a, int b) { return a + b; };
  add(pairs().reduce_by_key(sum, how));
  add(pairs().fold_by_key(0, sum, how));
  add(pairs().aggregate_by_key(0, sum, sum, how));
  add(pairs().combine_by_key([](int a) { return a; }, sum, sum, how));
  add(pairs().group_by_key(how));
  add(pairs().partition_by(how));
  add(pairs().cogroup(pairs(), how));
  add(pairs().join(pairs(), how));
  add(pairs().left_outer_join(pairs(), how));
  add(pairs().right_outer_join(pairs(), how));
  add(pairs().full_outer_join(pairs(), how));
  add(pairs().subtract_by_key(pairs(), how));
  add(pairs().keys().distinct(how));
  add(pairs().keys().intersection(pairs().keys(), how));
  add(pairs().keys().subtract(pairs().keys(), how));
  return errors;
}

} // namespace

TEST_CASE("a partitioner that chooses out of range is refused by every operation", "[partitioning]") {
  for (auto& error : errors_of([](const std::string&) { return 2; }))
    CHECK_THAT(error, Catch::Contains("the partitioner chose partition 2 of 2; numbers begin at 0"));
  for (auto& error : errors_of([](const std::string&) { return -1; }))
    CHECK_THAT(error, Catch::Contains("the partitioner chose partition -1"));
  for (auto& error : errors_of([](const std::string&) { return std::uint64_t{1} << 32; }))
    CHECK_THAT(error, Catch::Contains("the partitioner chose partition 4294967296"));
  for (auto& error : errors_of([](const std::string&) { return 1; }))
    CHECK(error == "no error");
}

TEST_CASE("a number that is none of partitions is refused where it is written", "[partitioning]") {
  CHECK_THAT(error_of([] { (void)pairs().group_by_key(-1); }), Catch::Contains("-1 is no number of partitions"));
  CHECK_THAT(error_of([] { (void)pairs().group_by_key(std::uint64_t{1} << 32); }),
             Catch::Contains("4294967296 is no number of partitions"));
  CHECK(pairs().group_by_key(0).count() == 2);
}
