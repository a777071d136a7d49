#pragma once

#include <vector>

#include "actors/caf.hpp"
#include "actors/node/role.hpp"
#include "actors/node/shelves.hpp"

namespace weir::actors {

// Requests. Each may be repeated: its key decides, and it is answered again.

/// A coordinator starts: raise the epoch, so that nothing of an older one is accepted from now on.
struct claim_coordination {
  std::uint64_t incarnation = 0;
  WEIR_FIELDS(x.incarnation)
};

/// A receiver starts: raise the input's epoch, so that appends of the older one are refused from now on.
struct open_epoch {
  epoch coordinator;
  input_id input;
  std::uint64_t incarnation = 0; ///< of the receiver
  WEIR_FIELDS(x.coordinator, x.input, x.incarnation)
};

/// Make blocks durable, with the positions of their producers. Their bytes are on the block shelf.
struct append_blocks {
  input_id input;
  weir::epoch epoch;
  std::vector<log::block_header> headers; ///< consecutive sequences
  WEIR_FIELDS(x.input, x.epoch, x.headers)
};

/// Where does a producer stand?
struct find_producer {
  input_id input;
  weir::epoch epoch;
  std::string producer;
  WEIR_FIELDS(x.input, x.epoch, x.producer)
};

/// A producer has said goodbye.
struct record_departure {
  input_id input;
  weir::epoch epoch;
  std::string producer;
  WEIR_FIELDS(x.input, x.epoch, x.producer)
};

/// Forget the producers that were silent for `idle_ms` of service time, but for those that are present; and count the rest.
struct forget_producers {
  input_id input;
  weir::epoch epoch;
  std::uint64_t idle_ms = 0;
  std::vector<std::string> present; ///< sorted
  WEIR_FIELDS(x.input, x.epoch, x.idle_ms, x.present)
};

/// Fix the input of a batch.
struct seal_batch {
  weir::epoch epoch;
  batch_id after; ///< the batch sealed before it
  log::batch_record record;
  WEIR_FIELDS(x.epoch, x.after, x.record)
};

/// Fix what a sealed batch leaves out. A record with a newer amendment replaces one with an older.
struct amend_batch {
  weir::epoch epoch;
  log::batch_record record;
  WEIR_FIELDS(x.epoch, x.record)
};

/// Conclude a batch: its staged parts (their bytes are in the staging of attempt (epoch, view)) and the commit record, at once.
struct commit_batch {
  weir::epoch epoch;
  log::commit_record record;
  WEIR_FIELDS(x.epoch, x.record)
};

/// Every output has published the batch: forget it.
struct finish_batch {
  weir::epoch epoch;
  batch_id batch;
  WEIR_FIELDS(x.epoch, x.batch)
};

/// To itself, from its log thread: a group of requests is durable, or failed.
struct group_written {
  std::uint64_t group = 0;
  WEIR_FIELDS(x.group)
};

/// To itself, from its log thread: the disk has no room for a group. Neither it nor what came behind it was written.
struct group_refused {
  std::string problem;
  WEIR_FIELDS(x.problem)
};

/// To itself: time to try again what the disk had no room for.
struct write_again {
  std::uint64_t pause = 0; ///< how many there were before
  WEIR_FIELDS(x.pause)
};

/// To itself: time to write what could wait for company, unless it was written since.
struct unhurried_due {
  std::uint64_t flushes = 0;
  WEIR_FIELDS(x.flushes)
};

// Answers.

struct coordination_claimed {
  std::uint64_t incarnation = 0;
  weir::epoch epoch;
  WEIR_FIELDS(x.incarnation, x.epoch)
};

struct epoch_opened {
  input_id input;
  weir::epoch epoch;
  std::uint64_t incarnation = 0;
  WEIR_FIELDS(x.input, x.epoch, x.incarnation)
};

/// All blocks of (input, epoch) up to `through` are durable.
struct blocks_appended {
  input_id input;
  weir::epoch epoch;
  block_sequence through;
  WEIR_FIELDS(x.input, x.epoch, x.through)
};

/// (input, epoch) is over: a newer receiver has opened another. The asking receiver must start anew.
struct epoch_refused {
  input_id input;
  weir::epoch epoch;
  WEIR_FIELDS(x.input, x.epoch)
};

struct producer_found {
  input_id input;
  weir::epoch epoch;
  std::string producer;
  std::uint64_t last = 0; ///< durable
  bool logged = false;    ///< the log has the name
  WEIR_FIELDS(x.input, x.epoch, x.producer, x.last, x.logged)
};

struct departure_recorded {
  input_id input;
  weir::epoch epoch;
  std::string producer;
  bool added = false; ///< the log did not have the name
  WEIR_FIELDS(x.input, x.epoch, x.producer, x.added)
};

struct producers_forgotten {
  input_id input;
  weir::epoch epoch;
  std::uint64_t forgotten = 0;
  std::uint64_t remaining = 0; ///< names in the log
  std::string example;         ///< one of the forgotten
  WEIR_FIELDS(x.input, x.epoch, x.forgotten, x.remaining, x.example)
};

struct batch_sealed {
  weir::epoch epoch;
  batch_id batch;
  WEIR_FIELDS(x.epoch, x.batch)
};

struct batch_amended {
  weir::epoch epoch;
  batch_id batch;
  std::uint32_t amendment = 0; ///< its number
  WEIR_FIELDS(x.epoch, x.batch, x.amendment)
};

/// A batch cannot be sealed: blocks that the coordinator was told of were lost before they were durable.
struct seal_impossible {
  weir::epoch epoch;
  batch_id batch;
  WEIR_FIELDS(x.epoch, x.batch)
};

struct batch_committed {
  weir::epoch epoch;
  batch_id batch;
  WEIR_FIELDS(x.epoch, x.batch)
};

struct batch_finished {
  weir::epoch epoch;
  batch_id batch;
  WEIR_FIELDS(x.epoch, x.batch)
};

/// A newer coordinator has claimed `newer`: the one that asked has been replaced and must stop.
struct coordination_lost {
  weir::epoch epoch;
  weir::epoch newer;
  WEIR_FIELDS(x.epoch, x.newer)
};

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
