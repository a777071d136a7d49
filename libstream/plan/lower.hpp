#pragma once

#include <deque>
#include <map>
#include <memory>
#include <span>
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
  /// The input of a consumer.
  struct edge {
    const node* to;
    std::size_t input;
  };
  /// A way from the root of a stage to a shuffle: which input it ends in, and which inputs of unions it takes, from the root on.
  struct way {
    const node* root;
    std::size_t input;
    std::vector<std::size_t> unions;
    bool operator==(const way&) const = default;
  };
  struct placed {
    node_ptr what;
    std::string name;
    std::vector<edge> consumers;
    stage_index stage;         ///< of roots: the stage that begins here
    std::vector<way> ways;     ///< of shuffles: by input, then in the order of the unions' inputs
    shuffle_index first_way;   ///< of shuffles: the number of the first way, the others follow
    std::vector<bool> statics; ///< of shuffles: the inputs that are the same in each batch
    output_index output;       ///< of outputs
    bool renewed = false;      ///< a timed program makes it anew for each batch
  };

  const placed& at(const node& which) const { return nodes_.at(&which); }
  bool contains(const node& which) const { return nodes_.count(&which) > 0; }

private:
  friend class lowering;
  std::map<const node*, placed> nodes_;
};

/// A node that unites its inputs: what is behind it is there once for each of them.
inline bool is_union(const node& which) { return which.what() == node::role::narrow && which.inputs().size() > 1; }

/// The operators of one batch in place of those of the plan, where they are made anew for each batch.
class plan_instance {
public:
  void replace(const node& planned, node_ptr by) {
    originals_[by.get()] = &planned;
    replacements_[&planned] = std::move(by);
  }
  const node& of(const node& planned) const {
    auto found = replacements_.find(&planned);
    return found == replacements_.end() ? planned : *found->second;
  }
  /// The other way round.
  const node& planned(const node& which) const {
    auto found = originals_.find(&which);
    return found == originals_.end() ? which : *found->second;
  }
  /// Kept as long as it is used.
  void keep(node_ptr which) { kept_.push_back(std::move(which)); }

private:
  std::map<const node*, node_ptr> replacements_;
  std::map<const node*, const node*> originals_;
  std::vector<node_ptr> kept_;
};

/// One task while it is instantiated and run: what operators may ask for, and where terminals leave what they made.
class task_build {
public:
  task_build(const lowered_graph& graph, const plan_instance& instance, const node& root, const task_input& given,
             task_result& into)
    : graph_{graph},
      instance_{instance},
      input_{given},
      result_{into},
      counts_{given.splits, given.partitions},
      way_{&root, 0, {}},
      partition_{given.index.value} {}

  const task_input& input() const { return input_; }
  task_result& result() { return result_; }
  /// The operator's stable name; lives as long as the plan.
  const std::string& name_of(const node& which) const { return at(which).name; }
  /// How many partitions the records of this operator lie in.
  std::uint32_t partitions_of(const node& which) const { return counts_.of(*at(which).what); }
  /// Whether that input of a shuffle is the same in each batch.
  bool is_static(const node& shuffle, std::size_t input) const { return at(shuffle).statics[input]; }
  /// While sinks are made: which of the partitions of the operator whose sink is made this task computes.
  std::uint32_t partition() const { return partition_; }

  /// Sinks of all consumers of `producer`, in plan order.
  std::vector<std::unique_ptr<sink_base>> consumers_of(const node& producer);

  /// Where this task's runs for that shuffle go. While its sink is made.
  shuffle_output& shuffle_result(const node& shuffle);
  /// What the map tasks made for this task's partition, in map-index order.
  std::span<const run_handle> shuffle_input(const node& shuffle, std::size_t input = 0);
  /// While its sink is made.
  staged_output& staged_result(const node& output);

  /// Hands all that terminals left to the result.
  void finish();

private:
  const lowered_graph::placed& at(const node& which) const { return graph_.at(instance_.planned(which)); }

  const lowered_graph& graph_;
  const plan_instance& instance_;
  const task_input& input_;
  task_result& result_;
  partition_counts counts_;
  lowered_graph::way way_; ///< to the operator whose sink is made
  std::uint32_t partition_;
  std::deque<shuffle_output> shuffles_;
  std::deque<staged_output> staged_;
  std::deque<std::vector<run_handle>> joined_; ///< inputs that came on several ways
};

} // namespace weir::plan
