#include "libstream/data/hash.hpp"

#include <xxhash.h>

namespace weir::data::hash_detail {

std::uint64_t hash_long(std::string_view key, std::uint64_t seed) {
  return XXH3_64bits_withSeed(key.data(), key.size(), seed);
}

} // namespace weir::data::hash_detail
