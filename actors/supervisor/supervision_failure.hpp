#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace weir::actors {

/// Why a supervisor gave up: a child that could not be kept alive. A supervisor above, which gives up because of it, passes on the same.
struct supervision_failure {
  std::string child;
  std::uint64_t ends = 0; ///< within the window, the last included
  std::chrono::milliseconds window{0};
  std::string reason;     ///< of the last end
  std::string supervisor; ///< of the child
};

/// "ended 4 times within 10 s, at last: killed".
std::string describe(const supervision_failure& failure);

} // namespace weir::actors
