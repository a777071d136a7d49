#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include "actors/node/node_id.hpp"
#include "actors/node/role.hpp"
#include "libstream/base/fields.hpp"
#include "libstream/base/ids.hpp"
#include "libstream/log/records.hpp"

namespace weir::actors {

/// One executor of one node.
struct executor_place {
  node_id node;
  std::uint32_t executor = 0; ///< its place among the node's executors

  auto operator<=>(const executor_place&) const = default;
  WEIR_FIELDS(x.node, x.executor)
};

/// Who owns what in one view: tasks and partitions are spread evenly over all executors, inputs and outputs over all nodes. A plain value that
/// travels with every batch, so everybody who asks gets the same answer; it has the size of the list of nodes. Pure.
struct placement {
  struct member {
    node_id node;
    std::uint32_t executors = 1;

    bool operator==(const member&) const = default;
    WEIR_FIELDS(x.node, x.executors)
  };
  std::vector<member> members;

  bool operator==(const placement&) const = default;
  WEIR_FIELDS(x.members)

  static placement of_one_node(std::uint32_t executors) { return {{{node_id{0}, executors}}}; }

  /// Of all nodes.
  std::uint32_t executors() const {
    return std::accumulate(members.begin(), members.end(), 0U,
                           [](auto sum, auto& each) { return sum + each.executors; });
  }

  /// Who runs this task. Only while there is an executor.
  executor_place owner_of(task_index task) const {
    auto turn = task.value % executors();
    auto owner = members.begin();
    for (; turn >= owner->executors; ++owner)
      turn -= owner->executors;
    return {owner->node, turn};
  }
  /// Who has the state of this partition: the executor that runs the task of this number behind a shuffle.
  executor_place owner_of(partition_index partition) const { return owner_of(task_index{partition.value}); }

  /// The node that receives this input, or looks at what can be read again of it. Only while there is a node.
  node_id owner_of(input_id input) const { return members[input.value % members.size()].node; }
  /// The node that publishes this output. Only while there is a node.
  node_id owner_of(output_index output) const { return members[output.value % members.size()].node; }
  /// The node that has the blocks of this split, or can read its ranges.
  node_id holder_of(const log::split& split) const { return owner_of(split.input()); }

  // Whom to ask about an input or an output.
  address receiver_of(input_id input) const { return {role::receiver, input.value, owner_of(input)}; }
  /// Keeps the input's blocks.
  address block_store_of(input_id input) const { return {role::block_store, 0, owner_of(input)}; }
  /// Opens the input's epochs, in the log of the node that has its blocks.
  address writer_of(input_id input) const { return {role::checkpoint_writer, 0, owner_of(input)}; }
  address sink_of(output_index output) const { return {role::sink, output.value, owner_of(output)}; }

  /// The first task from `from` on that `who` owns; no number of a task if `who` is not in the view. Cost: the number of nodes.
  std::size_t next_task_of(const executor_place& who, std::size_t from) const {
    std::size_t turn = who.executor;
    for (auto& each : members)
      if (each.node != who.node)
        turn += each.executors;
      else if (who.executor < each.executors) {
        auto all = executors();
        return from + (turn + all - from % all) % all;
      } else
        break;
    return std::numeric_limits<std::size_t>::max();
  }
};

} // namespace weir::actors
