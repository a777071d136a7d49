#pragma once

#include "actors/caf.hpp"
#include "actors/checkpoint_writer/messages.hpp"
#include "actors/node/role.hpp"

namespace weir::actors {

/// The only writer of a node's log files. Requests are answered once their data survives a power cut, to whoever holds the
/// asking role then. While the disk is full nothing is answered: what was asked is kept up to a bound, beyond it whoever asks asks
/// again. One for each node, child of the supervisor.
using checkpoint_writer_actor = caf::typed_actor<
  // Raises the coordinator's epoch. From the coordinator; answers coordination_claimed.
  caf::reacts_to<claim_coordination>,
  // Raises an input's epoch. From the coordinator; answers epoch_opened.
  caf::reacts_to<open_epoch>,
  // Appends blocks. From the block store; answers blocks_appended or epoch_refused.
  caf::reacts_to<append_blocks>,
  // Looks up a producer. From the receiver; answers producer_found or epoch_refused.
  caf::reacts_to<find_producer>,
  // Remembers a goodbye. From the receiver; answers departure_recorded or epoch_refused.
  caf::reacts_to<record_departure>,
  // Forgets producers that were silent for long. From the receiver, again and again; answers producers_forgotten or epoch_refused, or, on a
  // full disk, nothing.
  caf::reacts_to<forget_producers>,
  // Fixes a batch's input, once all its blocks are there. From the coordinator; answers batch_sealed, seal_impossible or
  // coordination_lost.
  caf::reacts_to<seal_batch>,
  // Fixes what a batch leaves out. From the coordinator; answers batch_amended or coordination_lost.
  caf::reacts_to<amend_batch>,
  // Concludes a batch. From the coordinator; answers batch_committed or coordination_lost.
  caf::reacts_to<commit_batch>,
  // Forgets a batch. From the coordinator; answers batch_finished or coordination_lost.
  caf::reacts_to<finish_batch>,
  // The log thread is done with a group.
  caf::reacts_to<group_written>,
  // The log thread found no room; nothing is written until it has been tried again.
  caf::reacts_to<group_refused>,
  // Is there room again?
  caf::reacts_to<write_again>,
  // What could wait has waited long enough.
  caf::reacts_to<unhurried_due>,
  // Nothing to repeat: the writer never asks.
  caf::reacts_to<peer_restarted>>;

} // namespace weir::actors

CAF_BEGIN_TYPE_ID_BLOCK(weir_checkpoint_writer, caf::first_custom_type_id)
CAF_ADD_TYPE_ID(weir_checkpoint_writer, (weir::actors::claim_coordination))
CAF_ADD_TYPE_ID(weir_checkpoint_writer, (weir::actors::open_epoch))
CAF_ADD_TYPE_ID(weir_checkpoint_writer, (weir::actors::append_blocks))
CAF_ADD_TYPE_ID(weir_checkpoint_writer, (weir::actors::find_producer))
CAF_ADD_TYPE_ID(weir_checkpoint_writer, (weir::actors::record_departure))
CAF_ADD_TYPE_ID(weir_checkpoint_writer, (weir::actors::seal_batch))
CAF_ADD_TYPE_ID(weir_checkpoint_writer, (weir::actors::amend_batch))
CAF_ADD_TYPE_ID(weir_checkpoint_writer, (weir::actors::batch_amended))
CAF_ADD_TYPE_ID(weir_checkpoint_writer, (weir::actors::commit_batch))
CAF_ADD_TYPE_ID(weir_checkpoint_writer, (weir::actors::finish_batch))
CAF_ADD_TYPE_ID(weir_checkpoint_writer, (weir::actors::group_written))
CAF_ADD_TYPE_ID(weir_checkpoint_writer, (weir::actors::coordination_claimed))
CAF_ADD_TYPE_ID(weir_checkpoint_writer, (weir::actors::epoch_opened))
CAF_ADD_TYPE_ID(weir_checkpoint_writer, (weir::actors::blocks_appended))
CAF_ADD_TYPE_ID(weir_checkpoint_writer, (weir::actors::epoch_refused))
CAF_ADD_TYPE_ID(weir_checkpoint_writer, (weir::actors::producer_found))
CAF_ADD_TYPE_ID(weir_checkpoint_writer, (weir::actors::departure_recorded))
CAF_ADD_TYPE_ID(weir_checkpoint_writer, (weir::actors::batch_sealed))
CAF_ADD_TYPE_ID(weir_checkpoint_writer, (weir::actors::seal_impossible))
CAF_ADD_TYPE_ID(weir_checkpoint_writer, (weir::actors::batch_committed))
CAF_ADD_TYPE_ID(weir_checkpoint_writer, (weir::actors::batch_finished))
CAF_ADD_TYPE_ID(weir_checkpoint_writer, (weir::actors::coordination_lost))
CAF_ADD_TYPE_ID(weir_checkpoint_writer, (weir::actors::unhurried_due))
CAF_ADD_TYPE_ID(weir_checkpoint_writer, (weir::actors::group_refused))
CAF_ADD_TYPE_ID(weir_checkpoint_writer, (weir::actors::write_again))
CAF_ADD_TYPE_ID(weir_checkpoint_writer, (weir::actors::forget_producers))
CAF_ADD_TYPE_ID(weir_checkpoint_writer, (weir::actors::producers_forgotten))
CAF_END_TYPE_ID_BLOCK(weir_checkpoint_writer)
