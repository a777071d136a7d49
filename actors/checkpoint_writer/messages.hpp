#pragma once

#include <string>
#include <vector>

#include "actors/node/bounded_message.hpp"
#include "actors/node/message_parts.hpp"
#include "libstream/base/fields.hpp"
#include "libstream/base/ids.hpp"
#include "libstream/log/records.hpp"

namespace weir::actors {

// Requests. Each may be repeated: its key decides, and it is answered again.

/// A coordinator starts: raise the epoch, so that nothing of an older one is accepted from now on. It rises only from the epoch that the claim
/// names, so a claim that comes late raises nothing; whoever names another one hears which it is, and claims again.
struct claim_coordination {
  std::uint64_t incarnation = 0;
  weir::epoch after; ///< what the coordinator knows to be the newest; 0 = none
  WEIR_MESSAGE(x.incarnation, x.after)
};

/// A receiver starts: raise the input's epoch, so that appends of the older one are refused from now on. It rises only from the epoch that is
/// named, as a claim does.
struct open_epoch {
  epoch coordinator;
  input_id input;
  std::uint64_t incarnation = 0; ///< of the receiver
  weir::epoch after;             ///< what the coordinator knows to be the newest of the input; 0 = none
  WEIR_MESSAGE(x.coordinator, x.input, x.incarnation, x.after)
};

/// Make blocks durable, with the positions of their producers. Their bytes are on the block shelf.
struct append_blocks {
  input_id input;
  weir::epoch epoch;
  std::vector<log::block_header> headers; ///< consecutive sequences
  WEIR_MESSAGE(x.input, x.epoch, x.headers)
};

/// Where does a producer stand?
struct find_producer {
  input_id input;
  weir::epoch epoch;
  std::string producer;
  std::uint64_t question = 0; ///< the answer repeats it: where a producer stood earlier is no answer
  WEIR_MESSAGE(x.input, x.epoch, x.producer, x.question)
};

/// A producer has said goodbye.
struct record_departure {
  input_id input;
  weir::epoch epoch;
  std::string producer;
  std::uint64_t question = 0; ///< the answer repeats it: an earlier goodbye is another one
  WEIR_MESSAGE(x.input, x.epoch, x.producer, x.question)
};

/// Forget the producers that were silent for `idle_ms` of service time, but for those that are present; and count the rest.
struct forget_producers {
  input_id input;
  weir::epoch epoch;
  std::uint64_t idle_ms = 0;
  std::vector<std::string> present; ///< sorted
  std::uint64_t question = 0;       ///< rises: who is present changes, so an older one is not carried out
  WEIR_MESSAGE(x.input, x.epoch, x.idle_ms, x.present, x.question)
};

/// Fix the input of a batch.
struct seal_batch {
  weir::epoch epoch;
  batch_id after; ///< the batch sealed before it
  log::batch_record record;
  message_part part{};
  WEIR_MESSAGE(x.epoch, x.after, x.record, x.part)
  WEIR_LONG_LISTS(x.record.splits, x.record.amendment.excluded)
};

/// Fix what a sealed batch leaves out. A record with a newer amendment replaces one with an older.
struct amend_batch {
  weir::epoch epoch;
  log::batch_record record;
  message_part part{};
  WEIR_MESSAGE(x.epoch, x.record, x.part)
  WEIR_LONG_LISTS(x.record.splits, x.record.amendment.excluded)
};

/// Conclude a batch: its staged parts (their bytes are in the staging of attempt (epoch, view)) and the commit record, at once.
struct commit_batch {
  weir::epoch epoch;
  log::commit_record record;
  message_part part{};
  WEIR_MESSAGE(x.epoch, x.record, x.part)
  WEIR_LONG_LISTS(x.record.parts)
};

/// Every output has published the batch: forget it.
struct finish_batch {
  weir::epoch epoch;
  batch_id batch;
  WEIR_MESSAGE(x.epoch, x.batch)
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

/// The newest coordinator: the one that asked, or another one, from whose epoch it claims again.
struct coordination_claimed {
  std::uint64_t incarnation = 0;
  weir::epoch epoch;
  WEIR_MESSAGE(x.incarnation, x.epoch)
};

/// The newest epoch of an input, and whose it is: of the receiver that was to be opened, or of another one, and it is asked again from there.
struct epoch_opened {
  input_id input;
  weir::epoch epoch;
  std::uint64_t incarnation = 0;
  WEIR_MESSAGE(x.input, x.epoch, x.incarnation)
};

/// All blocks of (input, epoch) up to `through` are durable.
struct blocks_appended {
  input_id input;
  weir::epoch epoch;
  block_sequence through;
  WEIR_MESSAGE(x.input, x.epoch, x.through)
};

/// (input, epoch) is over: a newer receiver has opened another. The asking receiver must start anew.
struct epoch_refused {
  input_id input;
  weir::epoch epoch;
  WEIR_MESSAGE(x.input, x.epoch)
};

struct producer_found {
  input_id input;
  weir::epoch epoch;
  std::string producer;
  std::uint64_t last = 0; ///< durable
  bool logged = false;    ///< the log has the name
  std::uint64_t question = 0;
  WEIR_MESSAGE(x.input, x.epoch, x.producer, x.last, x.logged, x.question)
};

struct departure_recorded {
  input_id input;
  weir::epoch epoch;
  std::string producer;
  bool added = false; ///< the log did not have the name
  std::uint64_t question = 0;
  WEIR_MESSAGE(x.input, x.epoch, x.producer, x.added, x.question)
};

struct producers_forgotten {
  input_id input;
  weir::epoch epoch;
  std::uint64_t forgotten = 0;
  std::uint64_t remaining = 0; ///< names in the log
  std::string example;         ///< one of the forgotten
  std::uint64_t question = 0;
  WEIR_MESSAGE(x.input, x.epoch, x.forgotten, x.remaining, x.example, x.question)
};

struct batch_sealed {
  weir::epoch epoch;
  batch_id batch;
  WEIR_MESSAGE(x.epoch, x.batch)
};

struct batch_amended {
  weir::epoch epoch;
  batch_id batch;
  std::uint32_t amendment = 0; ///< its number
  WEIR_MESSAGE(x.epoch, x.batch, x.amendment)
};

/// A batch cannot be sealed: blocks that the coordinator was told of were lost before they were durable.
struct seal_impossible {
  weir::epoch epoch;
  batch_id batch;
  WEIR_MESSAGE(x.epoch, x.batch)
};

/// The commit of a batch is durable, and with it those of all batches that were sealed before: batches commit in that order. (Answers may come in
/// another one, as a writer that died may have left some unsaid.)
struct batch_committed {
  weir::epoch epoch;
  batch_id batch;
  WEIR_MESSAGE(x.epoch, x.batch)
};

struct batch_finished {
  weir::epoch epoch;
  batch_id batch;
  WEIR_MESSAGE(x.epoch, x.batch)
};

/// A newer coordinator has claimed `newer`: the one that asked has been replaced and must stop.
struct coordination_lost {
  weir::epoch epoch;
  weir::epoch newer;
  WEIR_MESSAGE(x.epoch, x.newer)
};

} // namespace weir::actors
