#pragma once

#include <chrono>

namespace weir {

/// A moment of the wall clock. Batch times are multiples of the batch interval.
using event_time = std::chrono::sys_time<std::chrono::microseconds>;

} // namespace weir
