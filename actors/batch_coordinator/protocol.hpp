#pragma once

#include <vector>

#include "actors/caf.hpp"
#include "actors/checkpoint_writer/protocol.hpp"
#include "actors/node/role.hpp"
#include "actors/node/shelves.hpp"
#include "libstream/plan/replayable_source.hpp"

namespace weir::actors {

/// From a receiver: a new incarnation wants to append. Repeated until answered with input_opened.
struct open_input {
  input_id input;
  std::uint64_t incarnation = 0;
  WEIR_FIELDS(x.input, x.incarnation)
};

/// From the block store: these blocks are with the writer and may be sealed. In sequence order; may overlap what was said before.
/// The writer takes a seal only behind its blocks, so that nothing rests on a block that is lost.
struct blocks_ready {
  input_id input;
  weir::epoch epoch;
  std::vector<log::block_header> headers; ///< without producers
  WEIR_FIELDS(x.input, x.epoch, x.headers)
};

/// From the receiver of an input that can be read again: its partitions, in the order in which they shall be read. May overlap what was
/// said before. Those that have changed are said first: nothing more of them may be sealed as they were; once they are complete they
/// are found again.
struct offsets_found {
  input_id input;
  std::vector<plan::source_partition> partitions;
  std::vector<std::string> changed;
  WEIR_FIELDS(x.input, x.partitions, x.changed)
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
  WEIR_FIELDS(x.coordinator, x.input, x.question, x.whole_ranges, x.cut_to, x.records, x.failed)
};

/// From a receiver, whenever it changes: whether its input has come to rest, as `--stop-when-idle` means it.
struct input_activity {
  input_id input;
  bool at_rest = false;
  WEIR_FIELDS(x.input, x.at_rest)
};

/// From a receiver: it takes no more, and all that it took, blocks up to `through`, is durable.
struct input_drained {
  input_id input;
  weir::epoch epoch;
  block_sequence through;
  WEIR_FIELDS(x.input, x.epoch, x.through)
};

/// From an executor: one task has ended.
struct task_finished {
  actors::attempt attempt;
  batch_id batch;
  stage_index stage;
  task_index task;
  std::vector<log::staged_part> parts; ///< that have records
  std::uint64_t records = 0;           ///< read from the input
  WEIR_FIELDS(x.attempt, x.batch, x.stage, x.task, x.parts, x.records)
};

/// From an executor: a user function fails on the batch, and the policy is to go on without some of it, or all.
struct task_poisoned {
  actors::attempt attempt;
  batch_id batch;
  bool skip = false;                    ///< all of it
  std::vector<log::exclusion> excluded; ///< otherwise: of one task
  std::string problem;                  ///< for people
  WEIR_FIELDS(x.attempt, x.batch, x.skip, x.excluded, x.problem)
};

/// From a sink: the batch is visible in the output.
struct batch_published {
  weir::epoch epoch;
  batch_id batch;
  output_index output;
  WEIR_FIELDS(x.epoch, x.batch, x.output)
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

/// Owns the clock, the batch log and the commit. One for an application, child of the supervisor.
using batch_coordinator_actor = caf::typed_actor<
  // Its epoch is durable: it may act. From the writer.
  caf::reacts_to<coordination_claimed>,
  // It has been replaced. From the writer.
  caf::reacts_to<coordination_lost>,
  // Progress of the log. From the writer.
  caf::reacts_to<epoch_opened>, caf::reacts_to<batch_sealed>, caf::reacts_to<batch_committed>,
  caf::reacts_to<batch_finished>, caf::reacts_to<batch_amended>,
  // Blocks that it was told of were lost: it starts anew from the log. From the writer.
  caf::reacts_to<seal_impossible>,
  // Input that may be sealed. From receivers and the block store.
  caf::reacts_to<open_input>, caf::reacts_to<blocks_ready>, caf::reacts_to<offsets_found>,
  caf::reacts_to<offsets_counted>, caf::reacts_to<input_activity>, caf::reacts_to<input_drained>,
  // Progress of a batch. From executors and sinks.
  caf::reacts_to<task_finished>, caf::reacts_to<task_poisoned>, caf::reacts_to<batch_published>,
  // Stop in order. From the runtime.
  caf::reacts_to<drain>,
  // The clock.
  caf::reacts_to<batch_tick>, caf::reacts_to<idle_check>,
  // Repeats what was not answered for too long. From itself.
  caf::reacts_to<retry_tick>,
  // Repeats what the lost incarnation did not answer; an executor's restart raises the view. From the supervisor.
  caf::reacts_to<peer_restarted>>;

} // namespace weir::actors

CAF_BEGIN_TYPE_ID_BLOCK(weir_batch_coordinator, caf::first_custom_type_id + 500)
CAF_ADD_TYPE_ID(weir_batch_coordinator, (weir::actors::open_input))
CAF_ADD_TYPE_ID(weir_batch_coordinator, (weir::actors::blocks_ready))
CAF_ADD_TYPE_ID(weir_batch_coordinator, (weir::actors::offsets_found))
CAF_ADD_TYPE_ID(weir_batch_coordinator, (weir::actors::input_activity))
CAF_ADD_TYPE_ID(weir_batch_coordinator, (weir::actors::input_drained))
CAF_ADD_TYPE_ID(weir_batch_coordinator, (weir::actors::task_finished))
CAF_ADD_TYPE_ID(weir_batch_coordinator, (weir::actors::task_poisoned))
CAF_ADD_TYPE_ID(weir_batch_coordinator, (weir::actors::batch_published))
CAF_ADD_TYPE_ID(weir_batch_coordinator, (weir::actors::drain))
CAF_ADD_TYPE_ID(weir_batch_coordinator, (weir::actors::batch_tick))
CAF_ADD_TYPE_ID(weir_batch_coordinator, (weir::actors::offsets_counted))
CAF_ADD_TYPE_ID(weir_batch_coordinator, (weir::actors::idle_check))
CAF_END_TYPE_ID_BLOCK(weir_batch_coordinator)
