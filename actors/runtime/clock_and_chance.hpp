#pragma once

#include <cstdint>
#include <functional>

namespace weir::actors {

/// Microseconds since 1970. May jump.
std::int64_t wall_clock_us();

/// Numbers that nobody can foretell, for any thread.
std::function<std::uint64_t()> make_random();

} // namespace weir::actors
