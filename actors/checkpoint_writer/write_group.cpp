#include "actors/checkpoint_writer/write_group.hpp"

#include <utility>

#include "actors/monitor/chaos_page.hpp"

namespace weir::actors {

bool write_group::add(write_step& next) {
  std::lock_guard guard{mutex_};
  if (taken_ || (bytes_ > 0 && bytes_ + next.bytes > most_bytes))
    return false;
  bytes_ += next.bytes;
  steps_.push_back(std::move(next));
  return true;
}

result<void> write_group::write(log::store& into) {
  {
    std::lock_guard guard{mutex_};
    taken_ = true;
  }
  log::transaction changes;
  log::producer_book producers{into};
  for (auto& each : steps_) {
    if (each.faults.before)
      fault_point(each.faults.before);
    changes.append(log::transaction{each.changes}); // copied: a full disk gives the steps back
    if (!each.look_up)
      continue;
    if (auto added = each.look_up(changes, producers); !added)
      return added;
  }
  producers.write(changes);
  if (!changes.empty())
    if (auto committed = into.commit(changes); !committed)
      return committed;
  for (auto& each : steps_)
    if (each.faults.after)
      fault_point(each.faults.after);
  return {};
}

} // namespace weir::actors
