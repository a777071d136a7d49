#pragma once

#include <span>

#include "bench/inputs/pair_inputs.hpp"
#include "bench/yardsticks/hand_loop.hpp"

namespace weir::bench {

/// Sums the values of each key in tables of 16-byte slots that are made large enough for `keys` at once, and digests the sums. No key is
/// zero. On two threads each hands the pairs of the other's keys over in chunks, and sums its own. `pairs` must live on.
hand_loop<digest> pair_sum_by_hand(std::span<const number_pair> pairs, std::uint64_t keys, std::uint32_t threads);

/// The same for a struct as key, in slots of 32 bytes.
hand_loop<digest> visit_sum_by_hand(std::span<const std::pair<visit, std::uint64_t>> visits, std::uint64_t keys,
                                    std::uint32_t threads);

} // namespace weir::bench
