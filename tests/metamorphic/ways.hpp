#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/metamorphic/pipeline.hpp"

#include "libstream/plan/task.hpp"

/// Ways to run the same pipeline over the same input. Whatever way, outputs must be what the model says; ways that share a layout must
/// also stage the same bytes.
namespace metamorphic {

/// How a batch is cut up. Results may lie in other partitions and another order with another layout, and nothing else.
struct layout {
  std::uint32_t partitions = 1;
  std::size_t records_per_split = 10;
  std::uint64_t hash_seed = 1;
};
/// Those of a seed; the second differs from the first in all.
layout first_layout(std::uint64_t seed);
layout second_layout(std::uint64_t seed);

using staged_batch = std::vector<weir::plan::staged_output>;

/// What a run of all batches left.
struct ran {
  std::string problem; ///< it could not be built or run
  std::vector<staged_batch> batches;
  std::map<std::string, weir::output_index> outputs; ///< by name
};

/// Runs all batches of a pipeline. One more way is one more function.
using way = std::function<ran(const pipeline&, const layout&)>;
struct named_way {
  const char* name;
  way run;
};

ran on_one_thread(const pipeline&, const layout&);
/// The tasks of a stage on three threads at once.
ran on_threads(const pipeline&, const layout&);
/// Three processes that have each built the plan take tasks in turns; all runs between them are encoded and decoded.
ran over_nodes(const pipeline&, const layout&);
/// Each batch is computed by a program that has just started, after another one has died in its midst, and once more after that.
ran with_crashes(const pipeline&, const layout&);

/// How things go wrong on purpose, to see that it is noticed: no way of `other_ways`.
enum class carelessness {
  lost_run,            ///< a task's part for one partition of one shuffle does not arrive
  exchanged_partitions ///< two partitions of a shuffle are taken for each other
};
/// A plan that does so in one task that has something to lose. `did` says whether it found one.
ran carelessly(const pipeline&, const layout&, carelessness, bool& did);

/// All but `on_one_thread`, which they are compared with.
const std::vector<named_way>& other_ways();

} // namespace metamorphic
