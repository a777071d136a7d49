#pragma once

#include <algorithm>
#include <cstdint>

#include "actors/batch_coordinator/open_batches.hpp"
#include "libstream/base/limits.hpp"

/// How much may be under way. Pure.
namespace weir::actors {

struct batch_bounds {
  std::uint64_t max_batch_bytes = limits::max_batch_bytes;
  std::uint32_t max_batches_in_flight = limits::max_batches_in_flight;
  std::uint32_t max_unpublished_batches = limits::max_unpublished_batches;
  std::uint64_t max_unpublished_bytes = limits::max_unpublished_bytes;
  std::uint64_t max_unpublished_input_bytes = limits::max_log_bytes / 4;
};

/// Whether another batch may be sealed.
inline bool has_room(const open_batches& batches, const batch_bounds& bounds) {
  using enum batch_progress::state;
  auto unpublished = unpublished_bytes_of(batches);
  return count_of(batches, open, staged) < bounds.max_batches_in_flight &&
         count_of(batches, committed, committed) < bounds.max_unpublished_batches &&
         unpublished.staged < bounds.max_unpublished_bytes && unpublished.input < bounds.max_unpublished_input_bytes;
}

/// What one map task takes: large enough that a task's own table pays, small enough that every partition's executor has something to do.
inline std::uint64_t split_bytes(std::uint64_t waiting_bytes, const batch_bounds& bounds, std::uint32_t partitions) {
  auto bytes = std::min(waiting_bytes, bounds.max_batch_bytes);
  return std::clamp<std::uint64_t>(bytes / partitions, limits::split_bytes, limits::max_split_bytes);
}

} // namespace weir::actors
