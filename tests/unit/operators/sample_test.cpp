#include <algorithm>
#include <catch2/catch.hpp>

#include "libstream/testing/test_driver.hpp"

using namespace weir;

TEST_CASE("with replacement small partitions are drawn from as a Poisson distribution says, also its rare ends",
          "[sample]") {
  std::vector<int> records(5000);
  for (std::size_t at = 0; at < records.size(); ++at)
    records[at] = static_cast<int>(at);
  std::uint64_t drawn = 0, often = 0, most = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed)
    for (auto& [record, times] : dataset<int>::from(records, 1000).sample(0.4, seed, true).count_by_value()) {
      drawn += times;
      often += times >= 4 ? 1 : 0;
      most = std::max(most, times);
    }
  // Of 100,000: 40,000 +- 200 in all; 4 times or more 78 +- 9; 9 times or more once in 20,000 such tests.
  CHECK(drawn > 38'800);
  CHECK(drawn < 41'200);
  CHECK(often > 30);
  CHECK(often < 130);
  CHECK(most < 9);
}

TEST_CASE("without replacement small partitions keep their share, and neighbours do not follow each other",
          "[sample]") {
  std::vector<int> records(5000);
  for (std::size_t at = 0; at < records.size(); ++at)
    records[at] = static_cast<int>(at);
  std::uint64_t kept = 0, whole = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    std::vector<int> of_five(1000);
    for (auto record : dataset<int>::from(records, 1000).sample(0.4, seed).collect()) {
      ++kept;
      whole += ++of_five[static_cast<std::size_t>(record) / 5] == 5 ? 1 : 0;
    }
  }
  // Of 20,000 partitions of five, all five are kept of 205 +- 14.
  CHECK(kept > 39'000);
  CHECK(kept < 41'000);
  CHECK(whole > 120);
  CHECK(whole < 290);
}

TEST_CASE("what is sampled does not depend on how the input is cut into splits and partitions", "[sample]") {
  std::vector<std::string> records;
  for (int at = 0; at < 3000; ++at)
    records.push_back("record " + std::to_string(at * at % 700)); // many come again
  for (auto replacement : {false, true}) {
    std::vector<std::string> first;
    for (std::uint32_t slices : {1, 2, 3, 50, 3000}) {
      auto kept = dataset<std::string>::from(records, slices).sample(0.3, 5, replacement).collect();
      CHECK(kept.size() > 700);
      CHECK(kept.size() < 1100);
      if (first.empty())
        first = kept;
      CHECK(kept == first); // in their order
    }
    for (std::uint32_t partitions : {1, 4, 9}) { // another order, but the same records
      auto kept = dataset<std::string>::from(records, 3).repartition(partitions).sample(0.3, 5, replacement).collect();
      std::sort(kept.begin(), kept.end());
      auto sorted = first;
      std::sort(sorted.begin(), sorted.end());
      CHECK(kept == sorted);
    }
  }
}

TEST_CASE("streams sample the same records of a batch, whatever the splits and partitions, and others of the next",
          "[sample]") {
  std::vector<testing::rows> first, second;
  for (auto options : {testing::driver_options{.partitions = 1, .records_per_split = 1000},
                       testing::driver_options{.partitions = 5, .records_per_split = 3}}) {
    testing::test_driver driver{[](stream_context& ctx) { ctx.text_input().sample(0.5).named("some").print(); },
                                options};
    std::vector<std::string> lines;
    for (int at = 0; at < 100; ++at)
      lines.push_back(std::to_string(at % 40));
    driver.push(lines).step();
    first.push_back(driver.output("some"));
    driver.push(lines).step();
    second.push_back(driver.output("some"));
  }
  CHECK(first[0] == first[1]);
  CHECK(second[0] == second[1]);
  CHECK_FALSE(first[0] == second[0]);
}
