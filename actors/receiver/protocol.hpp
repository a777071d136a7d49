#pragma once

#include "actors/batch_coordinator/protocol.hpp"
#include "actors/caf.hpp"
#include "actors/checkpoint_writer/protocol.hpp"
#include "actors/node/role.hpp"
#include "actors/sources/ingest_server.hpp"

namespace weir::actors {

/// From the coordinator: the epoch under which this incarnation may append.
struct input_opened {
  input_id input;
  weir::epoch epoch;
  std::uint64_t incarnation = 0;
  WEIR_FIELDS(x.input, x.epoch, x.incarnation)
};

/// From the block store: all blocks up to `through` are durable.
struct blocks_durable {
  input_id input;
  weir::epoch epoch;
  block_sequence through;
  WEIR_FIELDS(x.input, x.epoch, x.through)
};

/// From the block store: blocks up to `through` are in committed batches, so durable, and no longer in memory.
struct blocks_released {
  input_id input;
  weir::epoch epoch;
  block_sequence through;
  WEIR_FIELDS(x.input, x.epoch, x.through)
};

/// From the coordinator: take no more input, hand over what was taken, answer `input_drained`.
struct drain_input {
  weir::epoch coordinator;
  WEIR_FIELDS(x.coordinator)
};

/// From a coordinator that starts anew: say again what it must know (offsets found, activity).
struct report_input {
  weir::epoch coordinator;
  WEIR_FIELDS(x.coordinator)
};

/// From the coordinator: how fast records may be taken from now on. One of an older coordinator is ignored.
struct limit_rate {
  weir::epoch coordinator;
  std::uint64_t records_per_s = 0; ///< 0 = as fast as they come
  WEIR_FIELDS(x.coordinator, x.records_per_s)
};

/// From the coordinator: how much of these ranges, from the first one on, holds so many records or fewer? Answered with `offsets_counted`, and
/// repeated until it is.
struct count_offsets {
  weir::epoch coordinator;
  std::uint64_t question = 0;
  std::vector<offset_range> ranges;
  std::uint64_t most_records = 0;
  WEIR_FIELDS(x.coordinator, x.question, x.ranges, x.most_records)
};

/// To itself: the rate allows records again.
struct read_again {
  std::uint64_t count = 0;
  WEIR_FIELDS(x.count)
};

/// To itself: time to cut the block that is being filled.
struct cut_block {
  std::uint64_t sequence = 0; ///< the block meant; a later one is not cut early
  WEIR_FIELDS(x.sequence)
};

/// To a replay receiver, from its worker: what is new of the source, in reading order.
struct source_listed {
  std::uint64_t watch = 0; ///< which one has looked
  std::vector<plan::source_partition> partitions;
  std::vector<std::string> changed; ///< were told before, and are not any more what they were
  bool at_rest = false;             ///< nothing is there that may yet have to be read
  bool costly = false;              ///< it should not be looked at often
  WEIR_FIELDS(x.watch, x.partitions, x.changed, x.at_rest, x.costly)
};

/// To itself: time to look at the source, to repeat unanswered requests, to report activity.
struct input_tick {
  std::uint64_t count = 0;
  WEIR_FIELDS(x.count)
};

/// To itself: time to let producers go that are silent for long.
struct forgetting_due {
  std::uint64_t count = 0;
  WEIR_FIELDS(x.count)
};

// From the server's thread, on the same node: these carry handles and never leave the process.

struct producer_hello {
  connection_id connection = 0;
  std::string producer;
  WEIR_FIELDS(x.connection, x.producer)
};

struct producer_data {
  connection_id connection = 0;
  ingest_data data;
};

struct producer_goodbye {
  connection_id connection = 0;
  WEIR_FIELDS(x.connection)
};

struct connection_closed {
  connection_id connection = 0;
  WEIR_FIELDS(x.connection)
};

/// Ingests one `weir://` input on one node: cuts blocks, has them stored, acknowledges what is durable, paces itself.
using receiver_actor = caf::typed_actor<
  // May append under this epoch from now on. From the coordinator.
  caf::reacts_to<input_opened>,
  // Acknowledge. From the block store.
  caf::reacts_to<blocks_durable>,
  // Memory is free again. From the block store.
  caf::reacts_to<blocks_released>,
  // A newer incarnation writes: start anew. From the block store or the writer.
  caf::reacts_to<epoch_refused>,
  // Where a producer stands. From the writer.
  caf::reacts_to<producer_found>,
  // A goodbye is durable. From the writer.
  caf::reacts_to<departure_recorded>,
  // Who was silent for long has left, so many names stay. From the writer.
  caf::reacts_to<producers_forgotten>,
  // Take no more. From the coordinator.
  caf::reacts_to<drain_input>,
  // Report activity. From the coordinator.
  caf::reacts_to<report_input>,
  // How fast it may go. From the coordinator, and from itself.
  caf::reacts_to<limit_rate>, caf::reacts_to<read_again>,
  // What producers do. From the server.
  caf::reacts_to<producer_hello>, caf::reacts_to<producer_data>, caf::reacts_to<producer_goodbye>,
  caf::reacts_to<connection_closed>,
  // Timers.
  caf::reacts_to<cut_block>, caf::reacts_to<input_tick>, caf::reacts_to<forgetting_due>, caf::reacts_to<retry_tick>,
  // Repeat what the lost incarnation did not answer. From the supervisor.
  caf::reacts_to<peer_restarted>>;

/// Watches one input that can be read again: finds partitions, reports how far they can be read; the data stays where it is.
using replay_receiver_actor = caf::typed_actor<
  // Take no more. From the coordinator.
  caf::reacts_to<drain_input>,
  // Report all partitions. From the coordinator.
  caf::reacts_to<report_input>,
  // Look at the source.
  caf::reacts_to<input_tick>,
  // What was seen there. From its own worker.
  caf::reacts_to<source_listed>,
  // Count records that are not sealed yet. From the coordinator; the answer, which is passed on, from its own worker.
  caf::reacts_to<count_offsets>, caf::reacts_to<offsets_counted>,
  // A new coordinator asks by itself; nothing else to repeat. From the supervisor.
  caf::reacts_to<peer_restarted>>;

} // namespace weir::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::actors::producer_data)

CAF_BEGIN_TYPE_ID_BLOCK(weir_receiver, caf::first_custom_type_id + 100)
CAF_ADD_TYPE_ID(weir_receiver, (weir::actors::input_opened))
CAF_ADD_TYPE_ID(weir_receiver, (weir::actors::blocks_durable))
CAF_ADD_TYPE_ID(weir_receiver, (weir::actors::blocks_released))
CAF_ADD_TYPE_ID(weir_receiver, (weir::actors::drain_input))
CAF_ADD_TYPE_ID(weir_receiver, (weir::actors::report_input))
CAF_ADD_TYPE_ID(weir_receiver, (weir::actors::cut_block))
CAF_ADD_TYPE_ID(weir_receiver, (weir::actors::input_tick))
CAF_ADD_TYPE_ID(weir_receiver, (weir::actors::source_listed))
CAF_ADD_TYPE_ID(weir_receiver, (weir::actors::producer_hello))
CAF_ADD_TYPE_ID(weir_receiver, (weir::actors::producer_data))
CAF_ADD_TYPE_ID(weir_receiver, (weir::actors::producer_goodbye))
CAF_ADD_TYPE_ID(weir_receiver, (weir::actors::connection_closed))
CAF_ADD_TYPE_ID(weir_receiver, (weir::actors::forgetting_due))
CAF_END_TYPE_ID_BLOCK(weir_receiver)

CAF_BEGIN_TYPE_ID_BLOCK(weir_rates, caf::first_custom_type_id + 800)
CAF_ADD_TYPE_ID(weir_rates, (weir::actors::limit_rate))
CAF_ADD_TYPE_ID(weir_rates, (weir::actors::read_again))
CAF_ADD_TYPE_ID(weir_rates, (weir::actors::count_offsets))
CAF_END_TYPE_ID_BLOCK(weir_rates)
