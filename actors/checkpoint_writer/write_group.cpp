#include "actors/checkpoint_writer/write_group.hpp"

#include "actors/monitor/chaos_page.hpp"

namespace weir::actors {

namespace {

/// Bytes of blocks in one transaction: enough that the sync no longer counts, little enough that an answer does not wait long.
constexpr std::uint64_t most_bytes = 8 * limits::mib;

} // namespace

bool write_group::add(step& next) {
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
  for (auto& each : steps_) {
    if (each.fault_before)
      fault_point(each.fault_before);
    if (!each.write)
      continue;
    if (auto added = each.write(changes, into); !added)
      return added;
  }
  if (!changes.empty())
    if (auto committed = into.commit(changes); !committed)
      return committed;
  for (auto& each : steps_)
    if (each.fault_after)
      fault_point(each.fault_after);
  return {};
}

} // namespace weir::actors
