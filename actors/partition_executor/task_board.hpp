#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "actors/partition_executor/messages.hpp"
#include "libstream/plan/task.hpp"

namespace weir::actors {

/// Which task an executor runs next. A pure state machine: told of batches and of ended tasks, it gives out the tasks of its own
/// that have all their inputs, of the oldest batch first. A call costs the same whatever the number of tasks. One thread.
///
/// Admission: tasks of the oldest batch are always given out, those of younger ones only while there is room for what they make. So some
/// batch always goes on, and what waits is in front of the door, with nothing in its hands.
class task_board {
public:
  struct task {
    actors::attempt attempt;
    std::shared_ptr<const log::batch_record> record;
    stage_index stage;
    task_index index;
  };

  task_board(std::shared_ptr<const plan::physical_plan> plan, std::uint32_t partitions, const executor_place& self)
    : plan_{std::move(plan)}, partitions_{partitions}, self_{self} {}

  /// A batch, or a newer attempt at one: what was known of older attempts is dropped. Repeats are ignored.
  void announced(const run_batch& batch);
  /// A task of any executor has put its runs into the exchange. May come before its batch is announced here.
  void output_ready(const map_output_ready& output);
  /// The batch is committed, and so are all before it.
  void forgotten(batch_id batch);

  /// The next task to run, if any; it will not be given out again for this attempt. `has_room`: for younger batches than the oldest.
  std::optional<task> next(bool has_room = true);
  /// The same for one errand of the task thread: of a small batch, all tasks of a stage that can run.
  std::vector<task> next_tasks(bool has_room = true);
  /// Whether results of this attempt still count.
  bool current(batch_id batch, const attempt& of) const;

private:
  /// One stage of one batch.
  struct progress {
    std::size_t tasks = 0;       ///< of all executors; known once the batch is announced
    std::size_t ended = 0;       ///< of all executors, with shuffle outputs
    std::vector<bool> has_ended; ///< by task; as long as what was heard of
    std::size_t next = 0;        ///< own task that is given out next
  };
  struct entry {
    actors::attempt attempt;
    std::shared_ptr<const log::batch_record> record; ///< null until announced
    placement owners;
    std::vector<progress> stages;
    std::size_t first = 0; ///< stages before it have given out all that is this executor's
  };

  /// The entry for this attempt, emptied if it was of an older one; null if the attempt is old or the batch is over.
  entry* entry_for(batch_id batch, const attempt& of);
  bool inputs_complete(const entry& of, const plan::stage& stage) const;
  std::optional<task> next_of(entry& of);
  /// The next own task of a stage that has one.
  task give(entry& of, std::size_t stage);

  std::shared_ptr<const plan::physical_plan> plan_;
  std::uint32_t partitions_;
  executor_place self_;
  std::map<batch_id, entry> batches_;
  batch_id forgotten_;
  actors::attempt newest_;
};

} // namespace weir::actors
