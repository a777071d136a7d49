#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

#include "libstream/data/short_text.hpp"

/// The one stable hash of keys: 64 bits, seeded, the same on every node and in every build (little-endian machines). Its high bits
/// choose the partition, its low bits the slot of a table, so it is computed once a record and travels with it.
/// Keys of up to 16 bytes: two words mixed by one 64x64->128 multiplication, as in wyhash; longer ones: XXH3. The seed goes into
/// both factors: a factor that a sender could make zero would swallow the other one, and all such keys would collide.
namespace weir::data {

namespace hash_detail {

inline constexpr std::uint64_t secret_a = 0x2d358dccaa6c78a5;
inline constexpr std::uint64_t secret_b = 0x8bb84b93962eacc9;
inline constexpr std::uint64_t length_step = 0x4b33a62ed433d4a3;

inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  __extension__ using wide = unsigned __int128;
  auto product = static_cast<wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

inline std::uint64_t mix_seeded(std::uint64_t a, std::uint64_t b, std::uint64_t seed) {
  return mix(a ^ secret_a ^ seed, b ^ secret_b ^ std::rotl(seed, 32));
}

std::uint64_t hash_long(std::string_view key, std::uint64_t seed);

} // namespace hash_detail

/// Of a text of `size` bytes that stands whole in `text`. The length is added: texts that end in NULs differ in nothing else.
inline std::uint64_t hash_short(const short_text& text, std::size_t size, std::uint64_t seed) {
  return hash_detail::mix_seeded(text.low, text.high, seed) + size * hash_detail::length_step;
}

inline std::uint64_t hash_bytes(std::string_view key, std::uint64_t seed) {
  if (key.size() > short_text::max_bytes) [[unlikely]]
    return hash_detail::hash_long(key, seed);
  return hash_short(short_text::load(key), key.size(), seed);
}

inline std::uint64_t hash_word(std::uint64_t value, std::uint64_t seed) {
  return hash_detail::mix_seeded(value, sizeof value, seed);
}

inline std::uint64_t hash_combine(std::uint64_t first, std::uint64_t second) {
  return hash_detail::mix(first ^ hash_detail::secret_a, second ^ hash_detail::secret_b);
}

/// One of `buckets`, a power of two, in a partition: by bits that choose neither the partition, unless there are very many, nor the slot of a table.
inline std::uint32_t bucket_of(std::uint64_t hash, std::uint32_t buckets) {
  return static_cast<std::uint32_t>(hash >> 32) & (buckets - 1);
}

/// The partition of a hash: its high bits, scaled.
inline std::uint32_t partition_of(std::uint64_t hash, std::uint32_t partitions) {
  return static_cast<std::uint32_t>((hash >> 32) * partitions >> 32);
}

} // namespace weir::data
