#pragma once

#include "actors/batch_coordinator/messages.hpp"
#include "actors/caf.hpp"
#include "actors/checkpoint_writer/protocol.hpp"
#include "actors/node/log_was_read.hpp"
#include "actors/node/role.hpp"

namespace weir::actors {

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
  caf::reacts_to<open_input>, caf::reacts_to<blocks_ready>, caf::reacts_to<blocks_void>,
  caf::reacts_to<blocks_reported>, caf::reacts_to<offsets_found>, caf::reacts_to<offsets_counted>,
  caf::reacts_to<input_activity>, caf::reacts_to<input_drained>,
  // Progress of a batch. From executors and sinks.
  caf::reacts_to<task_finished>, caf::reacts_to<task_poisoned>, caf::reacts_to<task_failed>,
  caf::reacts_to<ready_to_publish>, caf::reacts_to<batch_published>,
  // Stop in order. From the runtime.
  caf::reacts_to<drain>,
  // The clock.
  caf::reacts_to<batch_tick>, caf::reacts_to<idle_check>,
  // What it wanted to know of the log. From itself, off the log's thread.
  caf::reacts_to<log_was_read>,
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
CAF_ADD_TYPE_ID(weir_batch_coordinator, (weir::actors::blocks_reported))
CAF_ADD_TYPE_ID(weir_batch_coordinator, (weir::actors::task_failed))
CAF_ADD_TYPE_ID(weir_batch_coordinator, (weir::actors::ready_to_publish))
CAF_ADD_TYPE_ID(weir_batch_coordinator, (weir::actors::blocks_void))
CAF_END_TYPE_ID_BLOCK(weir_batch_coordinator)
