#pragma once

#include <string>
#include <vector>

#include "actors/node/attempt.hpp"
#include "actors/node/bounded_message.hpp"
#include "actors/node/message_parts.hpp"
#include "actors/node/node_id.hpp"
#include "libstream/log/records.hpp"
#include "libstream/plan/replayable_source.hpp"

namespace weir::actors {

/// From a receiver: a new incarnation wants to append. Repeated until answered with input_opened. If `after` is not the newest epoch it is answered
/// with report_input, which says what is; so one that comes late opens nothing.
struct open_input {
  input_id input;
  std::uint64_t incarnation = 0;
  weir::epoch after; ///< what it knows to be the newest epoch of its input; 0 = none
  WEIR_MESSAGE(x.input, x.incarnation, x.after)
};

/// From the block store: these blocks are with the writer and may be sealed. In sequence order; may overlap what was said before.
/// The writer takes a seal only behind its blocks, so that nothing rests on a block that is lost. Repeated until they are released.
struct blocks_ready {
  input_id input;
  weir::epoch epoch;
  std::vector<log::block_header> headers; ///< without producers
  block_sequence durable{}; ///< what is said to be void may be on its way all the same: that is not, up to here
  WEIR_MESSAGE(x.input, x.epoch, x.headers, x.durable)
};

/// From the receiver of an input that can be read again: its partitions, in the order in which they shall be read. May overlap what was
/// said before. Those that have changed are said first: nothing more of them may be sealed as they were; once they are complete they
/// are found again. Taken in the order of their numbers, each once; repeated until answered with offsets_taken. What belongs to no report, or
/// to an older one, is ignored.
struct offsets_found {
  input_id input;
  std::vector<plan::source_partition> partitions{};
  std::vector<std::string> changed{};
  weir::epoch coordinator{};     ///< that has asked
  std::uint64_t incarnation = 0; ///< of the receiver
  std::uint64_t report = 0;
  std::uint64_t number = 0; ///< in the report, from 1 on
  WEIR_MESSAGE(x.input, x.partitions, x.changed, x.coordinator, x.incarnation, x.report, x.number)
};

/// From the block store: of (input, epoch) nothing behind `through` becomes durable any more, as a newer receiver has opened another epoch. What was
/// said to be ready there is void.
struct blocks_void {
  input_id input;
  weir::epoch epoch;
  block_sequence through;
  WEIR_MESSAGE(x.input, x.epoch, x.through)
};

/// From a block store: the answer to `report_blocks`. What it has reported goes that far.
struct blocks_reported {
  struct line {
    input_id input;
    weir::epoch epoch;
    block_sequence through;

    bool operator==(const line&) const = default;
    WEIR_FIELDS(x.input, x.epoch, x.through)
  };
  weir::epoch coordinator;
  std::uint64_t question = 0;
  std::vector<line> lines;
  node_id node{};           ///< of the block store
  std::uint64_t answer = 0; ///< rises: the parts of one answer have the same
  message_part part{};
  WEIR_MESSAGE(x.coordinator, x.question, x.lines, x.node, x.answer, x.part)
  WEIR_LONG_LISTS(x.lines)
};

/// From the receiver of an input that can be read again: the answer to `count_offsets`.
struct offsets_counted {
  weir::epoch coordinator;
  input_id input;
  std::uint64_t question = 0;
  std::uint64_t whole_ranges = 0; ///< so many of those that it was asked about hold few enough records together
  std::uint64_t cut_to = 0;       ///< and the next one up to here; 0 = nothing of it
  std::uint64_t records = 0;
  bool failed = false; ///< they cannot be read, as the task that reads them will say
  WEIR_MESSAGE(x.coordinator, x.input, x.question, x.whole_ranges, x.cut_to, x.records, x.failed)
};

/// From a receiver, again and again, and whenever it changes: whether its input has come to rest, as `--stop-when-idle` means it. It rests only
/// once all has been heard of it that was said before. One that belongs to no report, or to an older one, tells the coordinator that
/// the receiver has to be asked; one that comes late is ignored.
struct input_activity {
  input_id input;
  bool at_rest = false;
  weir::epoch coordinator{};     ///< the newest that has asked; 0 = none yet
  std::uint64_t incarnation = 0; ///< of the receiver
  std::uint64_t report = 0;
  std::uint64_t number = 0;  ///< rises in the report
  std::uint64_t offsets = 0; ///< number of the last `offsets_found`
  weir::epoch epoch{};       ///< of the input; 0 = it can be read again, or is not open
  block_sequence through{};  ///< its last block
  WEIR_MESSAGE(x.input, x.at_rest, x.coordinator, x.incarnation, x.report, x.number, x.offsets, x.epoch, x.through)
};

/// From a receiver: it takes no more, and all that it took, blocks up to `through`, is durable.
struct input_drained {
  input_id input;
  weir::epoch epoch;
  block_sequence through;
  WEIR_MESSAGE(x.input, x.epoch, x.through)
};

/// From an executor: one task has ended.
struct task_finished {
  actors::attempt attempt;
  batch_id batch;
  stage_index stage;
  task_index task;
  std::vector<log::staged_part> parts; ///< that have records
  std::uint64_t records = 0;           ///< read from the input
  WEIR_MESSAGE(x.attempt, x.batch, x.stage, x.task, x.parts, x.records)
};

/// From an executor: a user function fails on the batch, and the policy is to go on without some of it, or all.
struct task_poisoned {
  actors::attempt attempt;
  batch_id batch;
  bool skip = false;                    ///< all of it
  std::vector<log::exclusion> excluded; ///< otherwise: of one task
  std::string problem;                  ///< for people
  stage_index stage{};                  ///< of the task
  task_index task{};
  message_part part{};
  WEIR_MESSAGE(x.attempt, x.batch, x.skip, x.excluded, x.problem, x.stage, x.task, x.part)
  WEIR_LONG_LISTS(x.excluded)
};

/// From an executor: a task cannot be run, and there is no policy for that. If the attempt still counts, the application ends.
struct task_failed {
  actors::attempt attempt;
  batch_id batch;
  std::uint32_t code = 0; ///< an error_code
  std::string problem;
  WEIR_MESSAGE(x.attempt, x.batch, x.code, x.problem)
};

/// From a sink that has begun, and whenever it is asked for a publication that was meant for a lost predecessor: this incarnation publishes. Repeated
/// by that until it is asked itself.
struct ready_to_publish {
  output_index output;
  std::uint64_t incarnation = 0;
  WEIR_MESSAGE(x.output, x.incarnation)
};

/// From a sink: the batch is visible in the output.
struct batch_published {
  weir::epoch epoch;
  batch_id batch;
  output_index output;
  WEIR_MESSAGE(x.epoch, x.batch, x.output)
};

/// From the runtime: finish what was taken, then say so.
struct drain {
  std::uint32_t reason = 0;
  WEIR_FIELDS(x.reason)
};

/// To itself, while `stop_when_idle` is set: time to see whether all is at rest.
struct idle_check {
  std::uint64_t count = 0;
  WEIR_FIELDS(x.count)
};

/// To itself: the clock of the batches.
struct batch_tick {
  std::uint64_t count = 0;
  WEIR_FIELDS(x.count)
};

} // namespace weir::actors
