#pragma once

#include <span>

#include "bench/digest.hpp"
#include "bench/inputs/pair_inputs.hpp"

namespace weir::bench {

/// The user functions of the chain, as a user would write them; engine and yardstick call the same ones. The last filter lets one
/// record in some thousands through, so that the chain is all that costs.
namespace chain {

inline number_pair scale(const number_pair& record) { return {record.first, record.second * 3 + 1}; }
inline bool three_quarters(const number_pair& record) { return (record.second & 3) != 0; }
/// One and a half records of one.
struct split {
  using output = number_pair;
  template <class Emit>
  void operator()(const number_pair& record, Emit& emit) const {
    emit(number_pair{record.first & 1023, record.second});
    if (record.second & 4)
      emit(number_pair{(record.first >> 10) & 1023, record.second});
  }
};
inline bool rare(const number_pair& record) {
  return ((record.first * 0x9e3779b97f4a7c15u ^ record.second) & 4095) == 4095;
}

} // namespace chain

/// All of it in one loop, `times` times; digests the records that come out.
digest run_chain_fused(std::span<const number_pair> records, int times);
/// The same, half of the records on each of two threads.
digest run_chain_fused_by_two(std::span<const number_pair> records, int times);

} // namespace weir::bench
