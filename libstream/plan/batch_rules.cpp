#include "libstream/plan/batch_rules.hpp"

#include <algorithm>
#include <numeric>

namespace weir::plan {

bool is_always_due(const physical_plan& plan) {
  auto& stages = plan.stages();
  return std::any_of(stages.begin(), stages.end(), [](auto& stage) { return stage.always_due; });
}

std::size_t count_tasks(const physical_plan& plan, std::size_t splits, std::uint32_t partitions) {
  auto counts = plan.task_counts(splits, partitions);
  return std::accumulate(counts.begin(), counts.end(), std::size_t{0});
}

} // namespace weir::plan
