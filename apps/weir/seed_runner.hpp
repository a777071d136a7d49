#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "actors/simulation/outcome.hpp"

namespace weir::tool {

struct seed_range {
  std::uint64_t first = 1;
  std::uint64_t count = 100;
  unsigned jobs = 1;
  std::uint64_t check_every = 20; ///< seeds that run twice, to see that they do the same; 0 = none
};

/// How many of them.
inline std::uint64_t run_twice(const seed_range& seeds) {
  return seeds.check_every == 0 ? 0 : (seeds.count + seeds.check_every - 1) / seeds.check_every;
}

/// Simulates each seed in a process of its own kind: `jobs` children share the seeds; one that crashes or hangs is a violation of the seed
/// it was at, and is replaced. `ended` hears of each outcome as it comes. In order of the seeds.
std::vector<actors::simulation::outcome> run_seeds(
  const seed_range& seeds, const std::function<void(const actors::simulation::outcome&)>& ended);

/// One seed, twice when asked to, in this process.
actors::simulation::outcome run_and_compare(std::uint64_t seed, bool twice);

} // namespace weir::tool
