#pragma once

#include <span>

#include "bench/digest.hpp"
#include "bench/inputs/pair_inputs.hpp"

namespace weir::bench {

/// Sums the values of each key, `times` times from nothing, in one table of 16-byte slots that is made large enough for `keys` at
/// once; digests the sums of the last time. No key is zero.
digest sum_pairs_by_hand(std::span<const number_pair> pairs, std::uint64_t keys, int times);
/// On two threads: each hands the pairs of the other's keys over in chunks, and sums its own.
digest sum_pairs_by_two(std::span<const number_pair> pairs, std::uint64_t keys, int times);

/// The same for a struct as key, in slots of 32 bytes.
digest sum_visits_by_hand(std::span<const std::pair<visit, std::uint64_t>> visits, std::uint64_t keys, int times);
digest sum_visits_by_two(std::span<const std::pair<visit, std::uint64_t>> visits, std::uint64_t keys, int times);

} // namespace weir::bench
