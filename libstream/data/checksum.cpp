#include "libstream/data/checksum.hpp"

#include <memory>

#include <xxhash.h>

namespace weir::data {

std::uint64_t checksum(std::string_view bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

std::uint64_t checksum(std::initializer_list<std::string_view> pieces, std::uint64_t seed) {
  std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state{XXH3_createState(), &XXH3_freeState};
  XXH3_64bits_reset_withSeed(state.get(), seed);
  for (auto piece : pieces)
    XXH3_64bits_update(state.get(), piece.data(), piece.size());
  return XXH3_64bits_digest(state.get());
}

} // namespace weir::data
