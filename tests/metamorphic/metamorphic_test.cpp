#include <array>
#include <cstdlib>
#include <iostream>
#include <numeric>

#include <catch2/catch.hpp>

#include "tests/metamorphic/check.hpp"
#include "tests/metamorphic/model.hpp"

using namespace metamorphic;

namespace {

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  auto value = std::getenv(name);
  return value ? std::strtoull(value, nullptr, 10) : otherwise;
}

/// How many pipelines have each operation.
class operations_seen {
public:
  void add(const pipeline& of) {
    std::array<bool, operation_count> here{};
    for (auto& step : of.steps)
      here[static_cast<std::size_t>(step.what)] = true;
    for (std::size_t at = 0; at < operation_count; ++at)
      seen_[at] += here[at];
  }
  void print() const {
    std::cout << "pipelines with each operation:";
    for (std::size_t at = 0; at < operation_count; ++at)
      std::cout << (at % 6 == 0 ? "\n  " : "  ") << name_of(static_cast<operation>(at)) << ' ' << seen_[at];
    std::cout << std::endl;
  }
  void check_at_least(std::uint64_t least) const {
    for (std::size_t at = 0; at < operation_count; ++at) {
      CAPTURE(name_of(static_cast<operation>(at)));
      CHECK(seen_[at] >= least);
    }
  }

private:
  std::array<std::uint64_t, operation_count> seen_{};
};

/// Seeds `from` to `from + count - 1`; stops at the first that differs.
operations_seen check_seeds(std::uint64_t from, std::uint64_t count) {
  operations_seen seen;
  for (auto seed = from; seed < from + count; ++seed) {
    auto drawn = draw_pipeline(seed);
    seen.add(drawn);
    if (auto found = difference(drawn); !found.empty())
      FAIL(found << report(drawn));
    if (count > 1000 && (seed - from + 1) % 1000 == 0)
      std::cout << "seeds " << from << " to " << seed << " are right; go on with WEIR_METAMORPHIC_FROM=" << seed + 1
                << std::endl;
  }
  seen.print();
  return seen;
}

} // namespace

TEST_CASE(
  "random pipelines equal a plain model, whatever the partitions, splits, threads, nodes and crashes (200 seeds)",
  "[metamorphic]") {
  check_seeds(1, 200).check_at_least(1);
}

TEST_CASE(
  "random pipelines equal a plain model, whatever the partitions, splits, threads, nodes and crashes (20000 seeds)",
  "[metamorphic][long]") {
  auto count = setting("WEIR_METAMORPHIC_SEEDS", 20'000);
  auto seen = check_seeds(setting("WEIR_METAMORPHIC_FROM", 1), count);
  if (count >= 20'000)
    seen.check_at_least(100);
}
