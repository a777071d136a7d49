#pragma once

#include <map>
#include <utility>
#include <vector>

#include "actors/batch_coordinator/messages.hpp"

namespace weir::actors {

/// What this executor's tasks ended with, of batches that are not committed yet: it is said again when a batch is announced again, as a message
/// may have been lost. Of each batch only the newest attempt. Pure; one thread.
class ended_tasks {
public:
  struct reports {
    std::vector<std::pair<task_finished, bool>> finished; ///< whether others wait for its runs
    std::vector<task_poisoned> poisoned;
    std::vector<task_failed> failed;
  };

  void finished(const task_finished& report, bool feeds_others) {
    if (auto batch = entry_for(report.batch, report.attempt))
      batch->finished.emplace_back(report, feeds_others);
  }
  void poisoned(const task_poisoned& report) {
    if (auto batch = entry_for(report.batch, report.attempt))
      batch->poisoned.push_back(report);
  }

  void failed(const task_failed& report) {
    if (auto batch = entry_for(report.batch, report.attempt))
      batch->failed.push_back(report);
  }

  /// Of this attempt at it.
  const reports& of(batch_id batch, const attempt& which) const {
    static const reports none;
    auto entry = batches_.find(batch);
    return entry == batches_.end() || entry->second.first != which ? none : entry->second.second;
  }

  /// This batch, and all before it, are committed.
  void forget(batch_id through) { batches_.erase(batches_.begin(), batches_.upper_bound(through)); }

private:
  reports* entry_for(batch_id batch, const attempt& which) {
    auto& [newest, ended] = batches_[batch];
    if (which < newest)
      return nullptr;
    if (std::exchange(newest, which) != which)
      ended = {};
    return &ended;
  }

  std::map<batch_id, std::pair<attempt, reports>> batches_;
};

} // namespace weir::actors
