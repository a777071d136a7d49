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
