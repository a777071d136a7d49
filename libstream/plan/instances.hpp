#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "libstream/plan/lower.hpp"

namespace weir::plan {

/// The operators that timed programs make, batch by batch: each program is called once a batch, and what it makes must have the shape
/// of what it made for the plan. Any thread.
class plan_instances {
public:
  /// `graph` is the plan's and outlives this.
  explicit plan_instances(const lowered_graph& graph) : graph_{graph} {}

  /// While the plan is lowered: a node with a timed program.
  void add(node_ptr which) { timed_.push_back(std::move(which)); }
  /// Throws operator_failure if a program does, plan_error (78) if it made other operators than those of the plan.
  std::shared_ptr<const plan_instance> at(std::int64_t batch_time_ms) const;

private:
  static constexpr std::size_t most_kept = 32; ///< more batches than run at once

  const lowered_graph& graph_;
  std::vector<node_ptr> timed_;
  mutable std::mutex mutex_;
  mutable std::map<std::int64_t, std::shared_ptr<const plan_instance>> known_;
};

} // namespace weir::plan
