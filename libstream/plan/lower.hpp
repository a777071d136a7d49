#pragma once

#include <map>
#include <memory>
#include <vector>

#include "libstream/plan/node.hpp"
#include "libstream/plan/task.hpp"

namespace weir::plan {

/// Cuts the graph above `outputs` (output nodes, in the user's order) into stages. Streams that no output uses are left out, one that
/// several use is computed once. Errors (78): no outputs, names or text prefixes used twice.
result<std::shared_ptr<const physical_plan>> lower(const std::vector<node_ptr>& outputs);

/// The graph behind a physical plan: who consumes whom, and the numbers that lowering gave.
class lowered_graph {
public:
  struct placed {
    node_ptr what;
    std::string name;
    std::vector<const node*> consumers;
    stage_index stage;     ///< of roots: the stage that begins here
    shuffle_index shuffle; ///< of shuffles
    output_index output;   ///< of outputs
  };

  const placed& at(const node& which) const { return nodes_.at(&which); }

private:
  friend class lowering;
  std::map<const node*, placed> nodes_;
};

/// One task while it is instantiated and run: what operators may ask for, and where terminals leave what they made.
class task_build {
public:
  task_build(const lowered_graph& graph, const stage& of, const task_input& given, task_result& into)
    : graph_{graph}, stage_{of}, input_{given}, result_{into} {}

  const task_input& input() const { return input_; }
  task_result& result() { return result_; }
  /// The operator's stable name; lives as long as the plan.
  const std::string& name_of(const node& which) const { return graph_.at(which).name; }

  /// Sinks of all consumers of `producer`, in plan order.
  std::vector<std::unique_ptr<sink_base>> consumers_of(const node& producer) {
    std::vector<std::unique_ptr<sink_base>> sinks;
    for (auto consumer : graph_.at(producer).consumers)
      sinks.push_back(consumer->make_sink(*this));
    return sinks;
  }

  /// Where this task's runs for that shuffle go.
  shuffle_output& shuffle_result(const node& shuffle);
  /// What the map tasks made for this task's partition.
  const std::vector<run_handle>& shuffle_input(const node& shuffle) const;
  staged_output& staged_result(const node& output);

private:
  const lowered_graph& graph_;
  const stage& stage_;
  const task_input& input_;
  task_result& result_;
};

} // namespace weir::plan
