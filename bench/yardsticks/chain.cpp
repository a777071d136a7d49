#include "bench/yardsticks/chain.hpp"

#include <unordered_map>

#include "bench/yardsticks/pair.hpp"

namespace weir::bench {

namespace {

using sums = std::unordered_map<std::uint64_t, std::uint64_t>;

void run_once(std::span<const number_pair> records, sums& into) {
  auto take = [&](const number_pair& record) {
    if (chain::rare(record))
      into[record.first] += record.second;
  };
  chain::split split;
  for (auto& record : records) {
    auto scaled = chain::scale(record);
    if (chain::three_quarters(scaled))
      split(scaled, take);
  }
}

digest digest_of_sums(const sums& of) {
  digest all;
  for (auto& [key, sum] : of)
    all = joined(all, digest_of(key, sum));
  return all;
}

} // namespace

digest run_chain_fused(std::span<const number_pair> records, int times) {
  sums found;
  for (int i = 0; i < times; ++i) {
    found.clear();
    run_once(records, found);
  }
  return digest_of_sums(found);
}

digest run_chain_fused_by_two(std::span<const number_pair> records, int times) {
  sums found[2];
  auto half = records.size() / 2;
  run_pair([&](int me, auto meet) {
    auto mine = me == 0 ? records.first(half) : records.subspan(half);
    for (int i = 0; i < times; ++i) {
      found[me].clear();
      run_once(mine, found[me]);
      meet();
    }
  });
  for (auto& [key, sum] : found[1])
    found[0][key] += sum;
  return digest_of_sums(found[0]);
}

} // namespace weir::bench
