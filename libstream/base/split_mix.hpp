#pragma once

#include <cstdint>

namespace weir {

/// SplitMix64 (Steele, Lea, Flood 2014): a counter and a mixing function, so any number of the sequence can be computed by itself, and is
/// the same on every machine. For data and experiments; nothing that must not be guessed.
struct split_mix {
  std::uint64_t state;

  static std::uint64_t mix(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
  }
  std::uint64_t next() { return mix(state += 0x9e3779b97f4a7c15u); }
};

} // namespace weir
