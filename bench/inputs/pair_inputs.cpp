#include "bench/inputs/pair_inputs.hpp"

#include "bench/inputs/random.hpp"

namespace weir::bench {

namespace {

/// Different numbers give different keys, none of them zero.
std::uint64_t key_of(std::uint64_t number) { return splitmix::mix(number + 1) | (std::uint64_t{1} << 63); }

} // namespace

std::vector<number_pair> make_pairs(std::size_t count, std::uint64_t keys) {
  splitmix random{11};
  std::vector<number_pair> pairs(count);
  for (std::size_t i = 0; i < count; ++i)
    pairs[i] = {key_of(random.below(keys)), i & 1023};
  return pairs;
}

std::vector<number_pair> make_random_pairs(std::size_t count) {
  splitmix random{13};
  std::vector<number_pair> pairs(count);
  for (auto& [first, second] : pairs) {
    first = random.next();
    second = random.next() >> 8;
  }
  return pairs;
}

std::vector<std::pair<visit, std::uint64_t>> make_visits(std::size_t count, std::uint64_t keys) {
  splitmix random{12};
  std::vector<std::pair<visit, std::uint64_t>> visits(count);
  for (std::size_t i = 0; i < count; ++i) {
    auto number = random.below(keys);
    visits[i] = {{key_of(number), static_cast<std::uint32_t>(number % 977), static_cast<std::uint32_t>(number % 365)},
                 i & 1023};
  }
  return visits;
}

} // namespace weir::bench
