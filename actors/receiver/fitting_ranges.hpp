#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "libstream/base/error.hpp"
#include "libstream/base/offset_range.hpp"
#include "libstream/plan/replayable_source.hpp"

namespace weir::actors {

/// Records that begin in a range. May block.
using record_counter = std::function<result<std::uint64_t>(const offset_range&)>;

/// A beginning of some ranges, and how many records it holds.
struct fitting_ranges {
  std::size_t whole = 0;    ///< ranges of which it has all
  std::uint64_t cut_to = 0; ///< where the range behind them is cut; 0 = it has nothing of that one
  std::uint64_t records = 0;
};

/// How much of `ranges`, from the first one on, holds `most` records or fewer. One offset is taken in any case, since no less can be. Nearly as
/// many records as may be: where a range must be cut, the search for the place ends once only one in 64 of `most` is missing, or after 32
/// counts, of which each is of a smaller part. Pure, but for `count`.
result<fitting_ranges> fit_ranges(std::span<const offset_range> ranges, std::uint64_t most,
                                  const record_counter& count);

/// Records of a piece that a source has read.
std::uint64_t records_of(std::string_view piece, plan::record_form form);

} // namespace weir::actors
