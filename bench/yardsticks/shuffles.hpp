#pragma once

#include <span>

#include "bench/digest.hpp"
#include "bench/inputs/pair_inputs.hpp"

/// Joining, sorting, grouping and finding distinct records, as somebody would write it by hand for one thread, or two. Each works `times`
/// times from nothing and digests the last result. No key is zero.
namespace weir::bench {

/// All pairs of values of equal keys: (key, left value x right value). `keys`: how many different ones `right` has at most.
digest join_by_hand(std::span<const number_pair> left, std::span<const number_pair> right, std::uint64_t keys,
                    int times);
digest join_by_two(std::span<const number_pair> left, std::span<const number_pair> right, std::uint64_t keys,
                   int times);

/// A sorted copy; two threads sort halves of the range of values.
digest sort_by_hand(std::span<const std::uint64_t> numbers, int times);
digest sort_by_two(std::span<const std::uint64_t> numbers, int times);

/// Each number once.
digest distinct_by_hand(std::span<const std::uint64_t> numbers, std::uint64_t keys, int times);
digest distinct_by_two(std::span<const std::uint64_t> numbers, std::uint64_t keys, int times);

/// For each key a std::vector of its values: (key, their sum).
digest group_by_hand(std::span<const number_pair> pairs, std::uint64_t keys, int times);
digest group_by_two(std::span<const number_pair> pairs, std::uint64_t keys, int times);

} // namespace weir::bench
