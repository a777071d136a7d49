#include "actors/checkpoint_writer/write_group.hpp"

#include "actors/monitor/chaos_page.hpp"

namespace weir::actors {

result<void> write(const write_group& group, log::store& into) {
  log::transaction changes;
  for (auto& step : group.steps) {
    if (step.fault_before)
      fault_point(step.fault_before);
    if (!step.write)
      continue;
    if (auto added = step.write(changes, into); !added)
      return added;
  }
  if (!changes.empty())
    if (auto committed = into.commit(changes); !committed)
      return committed;
  for (auto& step : group.steps)
    if (step.fault_after)
      fault_point(step.fault_after);
  return {};
}

} // namespace weir::actors
