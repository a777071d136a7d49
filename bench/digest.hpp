#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>

#include "libstream/data/hash.hpp"

/// What a benchmark compares of a large result: engine, yardstick and naive model must agree in all three numbers.
namespace weir::bench {

/// (keys, sum of the values, sum of value times hash of the key), modulo 2^64.
using digest = std::tuple<std::uint64_t, std::uint64_t, std::uint64_t>;

inline constexpr std::uint64_t digest_seed = 0x5eed;

inline std::uint64_t weight_of(std::string_view key) { return data::hash_bytes(key, digest_seed) | 1; }
inline std::uint64_t weight_of(std::uint64_t key) { return data::hash_word(key, digest_seed) | 1; }

template <class Key>
digest digest_of(const Key& key, std::uint64_t value) {
  return {1, value, weight_of(key) * value};
}

inline digest joined(const digest& a, const digest& b) {
  return {std::get<0>(a) + std::get<0>(b), std::get<1>(a) + std::get<1>(b), std::get<2>(a) + std::get<2>(b)};
}

inline std::string text_of(const digest& of) {
  return "keys " + std::to_string(std::get<0>(of)) + " sum " + std::to_string(std::get<1>(of)) + " check " +
         std::to_string(std::get<2>(of));
}

} // namespace weir::bench
