#pragma once

#include <cstdint>

namespace weir::bench {

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers on every machine.
struct splitmix {
  std::uint64_t state;

  static std::uint64_t mix(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
  }
  std::uint64_t next() { return mix(state += 0x9e3779b97f4a7c15u); }
  /// Below `bound`, which is at most 2^32.
  std::uint64_t below(std::uint64_t bound) { return ((next() >> 32) * bound) >> 32; }
};

} // namespace weir::bench
