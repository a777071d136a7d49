#pragma once

#include <cstdint>

#include "libstream/base/split_mix.hpp"

namespace weir::bench {

/// The same numbers on every machine.
struct splitmix : split_mix {
  /// Below `bound`, which is at most 2^32.
  std::uint64_t below(std::uint64_t bound) { return ((next() >> 32) * bound) >> 32; }
};

} // namespace weir::bench
