#pragma once

#include <cstdint>

/// What this process has used.
namespace weir::bench {

/// Processor time of all threads, seconds.
double cpu_seconds();
/// The greatest resident memory since `forget_peak`.
std::uint64_t peak_resident_bytes();
std::uint64_t resident_bytes();
/// Gives unused memory back to the system and begins a new peak.
void forget_peak();

} // namespace weir::bench
