#pragma once

#include <chrono>
#include <cstdint>

#include "libstream/base/split_mix.hpp"

namespace weir::actors::simulation {

/// Seeded choices, equal on every machine: the standard library's distributions are not, so none is used.
class chance {
public:
  explicit chance(std::uint64_t seed) : numbers_{seed} {}

  std::uint64_t next() { return numbers_.next(); }
  /// In [0, bound); 0 if `bound` is 0.
  std::uint64_t below(std::uint64_t bound) { return bound == 0 ? 0 : next() % bound; }
  /// In [low, high].
  std::uint64_t between(std::uint64_t low, std::uint64_t high) { return low + below(high - low + 1); }
  bool percent(std::uint64_t probability) { return below(100) < probability; }
  std::chrono::microseconds between(std::chrono::microseconds low, std::chrono::microseconds high) {
    return std::chrono::microseconds{
      between(static_cast<std::uint64_t>(low.count()), static_cast<std::uint64_t>(high.count()))};
  }
  /// Small values as likely as large ones: uniform over orders of magnitude, in [low, high], `low` > 0.
  std::uint64_t magnitude(std::uint64_t low, std::uint64_t high) {
    std::uint64_t doublings = 0;
    while ((low << doublings) < high)
      ++doublings;
    auto bottom = low << below(doublings + 1);
    return bottom >= high ? high : between(bottom, bottom * 2 > high ? high : bottom * 2);
  }

private:
  split_mix numbers_;
};

} // namespace weir::actors::simulation
