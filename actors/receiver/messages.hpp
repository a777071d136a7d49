#pragma once

#include <string>
#include <vector>

#include "actors/node/bounded_message.hpp"
#include "actors/sources/ingest_server.hpp"
#include "libstream/base/fields.hpp"
#include "libstream/base/ids.hpp"
#include "libstream/plan/replayable_source.hpp"

namespace weir::actors {

/// From the coordinator: the epoch under which this incarnation may append.
struct input_opened {
  input_id input;
  weir::epoch epoch;
  std::uint64_t incarnation = 0;
  WEIR_MESSAGE(x.input, x.epoch, x.incarnation)
};

/// From the block store: all blocks up to `through` are durable.
struct blocks_durable {
  input_id input;
  weir::epoch epoch;
  block_sequence through;
  WEIR_MESSAGE(x.input, x.epoch, x.through)
};

/// From the block store: blocks up to `through` are in committed batches, so durable, and no longer in memory.
struct blocks_released {
  input_id input;
  weir::epoch epoch;
  block_sequence through;
  WEIR_MESSAGE(x.input, x.epoch, x.through)
};

/// From the coordinator: take no more input, hand over what was taken, answer `input_drained`. Repeated until answered. One of an older coordinator is
/// ignored.
struct drain_input {
  weir::epoch coordinator;
  WEIR_MESSAGE(x.coordinator)
};

/// From the coordinator: say what it must know (offsets found, activity). `report` rises whenever it wants to hear all of it anew; a receiver to
/// whom it is not addressed says who it is. Repeated as long as activity comes that belongs to no report, or to an older one.
struct report_input {
  weir::epoch coordinator;
  std::uint64_t incarnation = 0; ///< of the receiver; 0 = who are you?
  std::uint64_t report = 0;
  weir::epoch newest; ///< epoch of the input, from which the receiver opens the next one; 0 = none
  WEIR_MESSAGE(x.coordinator, x.incarnation, x.report, x.newest)
};

/// From the coordinator: of this report, `offsets_found` up to this number were taken.
struct offsets_taken {
  weir::epoch coordinator;
  std::uint64_t incarnation = 0;
  std::uint64_t report = 0;
  std::uint64_t through = 0;
  WEIR_MESSAGE(x.coordinator, x.incarnation, x.report, x.through)
};

/// From the coordinator: how fast records may be taken from now on. Said again and again. One of an older coordinator, or an older one, is ignored.
struct limit_rate {
  weir::epoch coordinator;
  std::uint64_t records_per_s = 0; ///< 0 = as fast as they come
  std::uint64_t number = 0;        ///< rises
  WEIR_MESSAGE(x.coordinator, x.records_per_s, x.number)
};

/// From the coordinator: how much of these ranges, from the first one on, holds so many records or fewer? Answered with `offsets_counted`, and
/// repeated until it is.
struct count_offsets {
  weir::epoch coordinator;
  std::uint64_t question = 0;
  std::vector<offset_range> ranges;
  std::uint64_t most_records = 0;
  WEIR_MESSAGE(x.coordinator, x.question, x.ranges, x.most_records)
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

} // namespace weir::actors
