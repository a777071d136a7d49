#pragma once

#include <span>

#include "bench/inputs/pair_inputs.hpp"
#include "bench/yardsticks/hand_loop.hpp"

/// Joining, sorting, grouping and finding distinct records, as somebody would write it by hand for one thread, or two, which first hand
/// each other what the other one owns. Each digests its result. No key is zero. The records must live on.
namespace weir::bench {

/// All pairs of values of equal keys: (key, left value x right value). `keys`: how many different ones `right` has at most.
hand_loop<digest> join_by_hand(std::span<const number_pair> left, std::span<const number_pair> right,
                               std::uint64_t keys, std::uint32_t threads);

/// A sorted copy; two threads sort halves of the range of values.
hand_loop<digest> sort_by_hand(std::span<const std::uint64_t> numbers, std::uint32_t threads);

/// Each number once.
hand_loop<digest> distinct_by_hand(std::span<const std::uint64_t> numbers, std::uint64_t keys, std::uint32_t threads);

/// For each key a std::vector of its values: (key, their sum).
hand_loop<digest> group_by_hand(std::span<const number_pair> pairs, std::uint64_t keys, std::uint32_t threads);

} // namespace weir::bench
