#pragma once

#include <algorithm>
#include <cstdint>

namespace weir::actors {

/// What an input may bring whose batches have said nothing yet, in records a second; 0 = as much as it likes. Told by the `backpressure.*`
/// settings of these names, 0 = not set.
inline std::uint64_t first_rate(bool enabled, std::uint64_t initial_rate, std::uint64_t max_rate) {
  if (!enabled || initial_rate == 0)
    return max_rate;
  return max_rate > 0 ? std::min(initial_rate, max_rate) : initial_rate;
}

} // namespace weir::actors
