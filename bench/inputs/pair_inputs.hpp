#pragma once

#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

#include "bench/digest.hpp"
#include "libstream/data/msgpack_record.hpp"

/// Records that are no text, the same ones in every run.
namespace weir::bench {

using number_pair = std::pair<std::uint64_t, std::uint64_t>;

/// `count` pairs whose keys are drawn evenly from `keys` different ones that look random and are not zero; values below 1024.
std::vector<number_pair> make_pairs(std::size_t count, std::uint64_t keys);

/// Pairs of random numbers: nothing that depends on them can be predicted.
std::vector<number_pair> make_random_pairs(std::size_t count);

/// A user's own key type, as an application would write it.
struct visit {
  std::uint64_t customer = 0;
  std::uint32_t shop = 0;
  std::uint32_t day = 0;

  auto operator<=>(const visit&) const = default;
  MSGPACK_DEFINE(customer, shop, day)
};

/// For digests.
inline std::uint64_t weight_of(const visit& key) {
  return weight_of(key.customer ^ (std::uint64_t{key.shop} << 32 | key.day) * 0x9e3779b97f4a7c15u);
}

std::vector<std::pair<visit, std::uint64_t>> make_visits(std::size_t count, std::uint64_t keys);

} // namespace weir::bench
