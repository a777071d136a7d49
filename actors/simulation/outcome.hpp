#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "actors/monitor/chaos_page.hpp"

namespace weir::actors::simulation {

/// What became of one seed.
struct outcome {
  std::uint64_t seed = 0;
  std::uint64_t hash = 0; ///< of all that happened: equal for every run of the seed
  std::uint64_t steps = 0;
  std::uint64_t virtual_us = 0;
  std::uint64_t words = 0;            ///< occurrences that had to come
  std::uint64_t batches = 0;          ///< committed
  std::uint64_t spills = 0;           ///< writes to the scratch file
  std::uint64_t scratch_failures = 0; ///< of these, refused
  std::uint64_t amendments = 0;       ///< batches that had to leave something out
  std::uint64_t poison_stops = 0;     ///< ends because a user function failed
  std::uint64_t full_disk_refusals = 0;
  std::uint64_t disk_failures = 0; ///< of the log
  std::uint64_t injected = 0;
  std::uint64_t effective = 0;                       ///< hit while a batch was open
  std::array<std::uint64_t, phase_count> by_phase{}; ///< of these, by the phase of the oldest open batch
  std::uint64_t lost = 0;
  std::uint64_t duplicated = 0;
  std::vector<std::string> violations;
  std::vector<std::uint64_t> marks;       ///< how often each of `mark_names` was passed
  std::vector<std::uint64_t> recovery_us; ///< virtual, from each restart to its first commit

  bool good() const { return violations.empty() && lost == 0 && duplicated == 0; }
};

} // namespace weir::actors::simulation
