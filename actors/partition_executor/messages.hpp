#pragma once

#include <string>
#include <vector>

#include "actors/node/attempt.hpp"
#include "actors/node/bounded_message.hpp"
#include "actors/node/message_parts.hpp"
#include "actors/node/placement.hpp"
#include "libstream/log/records.hpp"

namespace weir::actors {

/// From the coordinator: all that a node must know to run a batch. Tasks follow from the plan, the splits and the view. Repeated until the
/// batch has been computed: whoever has ended tasks of this attempt reports them again.
struct run_batch {
  actors::attempt attempt;
  log::batch_record record;
  actors::placement owners; ///< of this view
  message_part part{};
  WEIR_MESSAGE(x.attempt, x.record, x.owners, x.part)
  WEIR_LONG_LISTS(x.record.splits, x.record.amendment.excluded)
};

/// From an executor to the others: one task's shuffle runs are in the exchange. Said again whenever its batch is announced again.
struct map_output_ready {
  actors::attempt attempt;
  batch_id batch;
  stage_index stage;
  task_index task;
  WEIR_MESSAGE(x.attempt, x.batch, x.stage, x.task)
};

/// From the coordinator: the batch is committed, and so are all before it; what was kept to run them may go. Said again and again of the newest. One of
/// an older coordinator is ignored.
struct forget_batch {
  weir::epoch epoch;
  batch_id batch;
  WEIR_MESSAGE(x.epoch, x.batch)
};

/// How one task ended.
struct task_ended {
  actors::attempt attempt;
  batch_id batch;
  stage_index stage;
  task_index task;
  bool lost = false; ///< its input died before it was sealed: there is no result
  bool full = false; ///< a disk had no room for what it made: it runs again
  bool failed = false;
  bool skip = false;                    ///< a user function fails, and the batch shall be left out
  std::uint32_t code = 0;               ///< of the error
  std::string problem;                  ///< the error's message
  std::vector<log::exclusion> excluded; ///< a user function fails, and these records or keys shall be left out
  std::vector<log::staged_part> parts;
  std::uint64_t records = 0;
  std::uint64_t skipped = 0;
  WEIR_FIELDS(x.attempt, x.batch, x.stage, x.task, x.lost, x.full, x.failed, x.skip, x.code, x.problem, x.excluded,
              x.parts, x.records, x.skipped)
};

/// To itself, from its task thread.
struct tasks_ended {
  std::vector<task_ended> reports;
  WEIR_FIELDS(x.reports)
};

/// To itself: time to run again what a disk had no room for.
struct run_again {
  std::uint64_t pause = 0; ///< how many there were before
  WEIR_FIELDS(x.pause)
};

} // namespace weir::actors
