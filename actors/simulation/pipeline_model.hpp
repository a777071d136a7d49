#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "actors/simulation/drawn_pipeline.hpp"

namespace weir::actors::simulation {

/// What a stage of a drawn pipeline must have in one batch: computed by vectors and maps, without partitions and without an operator of the engine.
struct expected_rows {
  using row = std::pair<std::string, std::int64_t>;

  std::vector<row> rows;
  bool ordered = false; ///< over all parts of the output; otherwise any order is right
};

/// Behind the first `steps` steps, for a batch with these lines.
expected_rows model_of(const planned_pipeline& drawn, std::size_t steps, const std::vector<std::string>& lines);

} // namespace weir::actors::simulation
