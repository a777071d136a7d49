#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "actors/monitor/chaos_page.hpp"
#include "actors/simulation/links.hpp"

namespace weir::actors::simulation {

/// What a simulation breaks. Not how a user function fails: that is in the input.
enum class fault_kind {
  process_killed,
  power_cut,
  actor_killed,
  actor_told_to_end,
  actor_threw,
  connection_reset,
  disk_full,
  log_write_failed, ///< nothing is written, and the process must stop
  log_sync_failed,  ///< the same, but what was to be written is there
  output_sync_failed,
  scratch_write_failed,
};
inline constexpr std::array fault_names = {"process_killed",     "power_cut",           "actor_killed",
                                           "actor_told_to_end",  "actor_threw",         "connection_reset",
                                           "disk_full",          "log_write_failed",    "log_sync_failed",
                                           "output_sync_failed", "scratch_write_failed"};

/// What one input has in one committed batch.
struct committed_input {
  std::int64_t time_ms = 0; ///< of the batch
  std::uint32_t input = 0;
  std::uint64_t records = 0;
};

/// What became of one seed.
struct outcome {
  std::uint64_t seed = 0;
  std::uint64_t hash = 0; ///< of all that happened: equal for every run of the seed
  std::uint64_t steps = 0;
  std::uint64_t virtual_us = 0;
  std::uint64_t words = 0;                      ///< occurrences that had to come
  std::uint64_t batches = 0;                    ///< committed
  std::uint64_t spills = 0;                     ///< writes to the scratch file
  std::uint64_t scratch_failures = 0;           ///< of these, refused
  std::uint64_t amendments = 0;                 ///< batches that had to leave something out
  std::uint64_t poison_stops = 0;               ///< ends because a user function failed
  std::array<std::uint64_t, 3> user_failures{}; ///< exceptions of user functions, by `error_policy`
  std::uint64_t gave_up = 0;                    ///< ends because an actor could not be kept alive
  std::uint64_t full_disk_refusals = 0;
  std::uint64_t disk_failures = 0; ///< of the log or of an output
  std::uint64_t injected = 0;
  std::array<std::uint64_t, fault_names.size()> by_kind{}; ///< of these, by `fault_kind`
  std::uint64_t effective = 0;                             ///< hit while a batch was open
  std::array<std::uint64_t, phase_count> by_phase{};       ///< of these, by the phase of the oldest open batch
  link_counts links;
  std::uint64_t lost = 0;
  std::uint64_t duplicated = 0;
  std::vector<std::string> violations;
  std::vector<std::uint64_t> marks;       ///< how often each of `mark_names` was passed
  std::vector<std::uint64_t> recovery_us; ///< virtual, from each restart to its first commit
  std::vector<committed_input> inputs;    ///< of committed batches, in their order
  std::uint64_t empty_batches = 0;        ///< that the output on the input itself was called with
  std::uint64_t wall_us = 0;              ///< real time that the run took; of no other effect

  bool good() const { return violations.empty() && lost == 0 && duplicated == 0; }
};

} // namespace weir::actors::simulation
