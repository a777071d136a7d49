#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <tuple>

#include "libstream/plan/task.hpp"

namespace weir::plan {

/// Results of stages that make the same in each batch, e.g. a table that each batch is joined with: computed once, then handed out as
/// handles. Any thread.
class static_stages {
public:
  /// While the plan is lowered.
  void add(stage_index which) { known_.insert(which); }
  void remove(stage_index which) { known_.erase(which); }
  bool contains(stage_index which) const { return known_.count(which) > 0; }

  std::optional<task_result> find(const task_input& input) const {
    if (!applies(input))
      return std::nullopt;
    std::lock_guard guard{mutex_};
    auto found = results_.find(key_of(input));
    return found == results_.end() ? std::nullopt : std::optional{found->second};
  }
  void keep(const task_input& input, const task_result& made) const {
    if (!applies(input))
      return;
    auto kept = made;
    for (auto& output : kept.shuffles)
      output.kept_by_plan = true;
    std::lock_guard guard{mutex_};
    results_.emplace(key_of(input), std::move(kept));
  }

private:
  using key = std::tuple<stage_index, task_index, std::uint32_t, std::uint64_t>;

  bool applies(const task_input& input) const { return known_.count(input.stage) > 0 && input.keys.all(); }
  static key key_of(const task_input& input) { return {input.stage, input.index, input.partitions, input.hash_seed}; }

  std::set<stage_index> known_;
  mutable std::mutex mutex_;
  mutable std::map<key, task_result> results_;
};

} // namespace weir::plan
