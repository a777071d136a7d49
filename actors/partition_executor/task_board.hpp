#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "actors/partition_executor/protocol.hpp"
#include "libstream/plan/task.hpp"

namespace weir::actors {

/// Which task an executor runs next. A pure state machine: told of batches and of ended tasks, it gives out the tasks of its own
/// that have all their inputs, of the oldest batch first. One thread.
class task_board {
public:
  struct task {
    actors::attempt attempt;
    std::shared_ptr<const log::batch_record> record;
    stage_index stage;
    task_index index;
  };

  task_board(std::shared_ptr<const plan::physical_plan> plan, std::uint32_t partitions, std::uint32_t self)
    : plan_{std::move(plan)}, partitions_{partitions}, self_{self} {}

  /// A batch, or a newer attempt at one: what was known of older attempts is dropped. Repeats are ignored.
  void announced(const run_batch& batch);
  /// A task of any executor has put its runs into the exchange. May come before its batch is announced here.
  void output_ready(const map_output_ready& output);
  /// The batch is committed, and so are all before it.
  void forgotten(batch_id batch);

  /// The next task to run, if any; it will not be given out again for this attempt.
  std::optional<task> next();
  /// Whether results of this attempt still count.
  bool current(batch_id batch, const attempt& of) const;

private:
  struct entry {
    actors::attempt attempt;
    std::shared_ptr<const log::batch_record> record; ///< null until announced
    std::uint32_t executors = 1;
    std::set<std::pair<stage_index, task_index>> ended; ///< with shuffle outputs
    std::set<std::pair<stage_index, task_index>> given;
  };

  /// The entry for this attempt, emptied if it was of an older one; null if the attempt is old or the batch is over.
  entry* entry_for(batch_id batch, const attempt& of);
  bool inputs_complete(const entry& of, const plan::stage& stage) const;

  std::shared_ptr<const plan::physical_plan> plan_;
  std::uint32_t partitions_;
  std::uint32_t self_;
  std::map<batch_id, entry> batches_;
  batch_id forgotten_;
  actors::attempt newest_;
};

} // namespace weir::actors
