#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libstream/base/fields.hpp"
#include "libstream/base/ids.hpp"
#include "libstream/base/offset_range.hpp"

/// What the logs hold. Each record lists its fields once (`fields`); the codec and the actors' messages follow that list.
/// A field may be appended, never moved or removed: older records then decode with its default.
namespace weir::log {

/// A run of one producer's records inside a block: their sequence numbers, both ends included.
struct producer_range {
  std::string producer;
  std::uint64_t first = 0;
  std::uint64_t last = 0;

  bool operator==(const producer_range&) const = default;
  WEIR_FIELDS(x.producer, x.first, x.last)
};

/// What is known of a block without its bytes.
struct block_header {
  block_id id;
  std::uint64_t bytes = 0;
  std::uint64_t records = 0;
  std::uint64_t checksum = 0; ///< of the bytes
  std::vector<producer_range> producers;

  bool operator==(const block_header&) const = default;
  WEIR_FIELDS(x.id, x.bytes, x.records, x.checksum, x.producers)
};

/// How far a producer got: its last sequence number in a logged block, and whether it has said goodbye.
struct producer_position {
  std::uint64_t last = 0;
  bool left = false;
  std::uint64_t seen_ms = 0; ///< when it was heard of last, in service time

  bool operator==(const producer_position&) const = default;
  WEIR_FIELDS(x.last, x.left, x.seen_ms)
};

/// Consecutive blocks of one (input, epoch), both ends included.
struct block_range {
  input_id input;
  weir::epoch epoch;
  block_sequence first;
  block_sequence last;

  bool operator==(const block_range&) const = default;
  WEIR_FIELDS(x.input, x.epoch, x.first, x.last)
};

/// The input of one map task: blocks, or ranges of what can be read again, all of one input. Exactly one of the two vectors is filled.
struct split {
  std::vector<block_range> blocks;
  std::vector<offset_range> ranges;
  std::uint64_t bytes = 0; ///< of ranges about

  input_id input() const {
    return !blocks.empty() ? blocks.front().input : !ranges.empty() ? ranges.front().input : input_id{};
  }
  bool operator==(const split&) const = default;
  WEIR_FIELDS(x.blocks, x.ranges, x.bytes)
};

/// What a batch leaves out, because a user function fails on it. Whose it is says the operator's name; the place of its stage holds for the plan
/// that it was decided under, see `settle_exclusions`.
struct exclusion {
  stage_index stage;
  task_index task; ///< of a key: any task of the stage may have it
  /// Of a task that reads text: the record's place among the lines of its split, from 0. Of one behind a shuffle: the hash of the key.
  std::uint64_t position = 0;
  std::string operator_name; ///< whose function failed
  std::string problem;       ///< what it said
  std::uint64_t plan = 0; ///< fingerprint of the plan that it was decided under; 0 = by a version that did not note it
  bool of_key = false;    ///< a key is left out, not a record

  bool operator==(const exclusion&) const = default;
  WEIR_FIELDS(x.stage, x.task, x.position, x.operator_name, x.problem, x.plan, x.of_key)
};

/// What was decided about a batch after its seal, since a user function fails on it. Logged before the next attempt, which obeys it, as does
/// every later one.
struct amendment {
  std::uint32_t number = 0; ///< rises with every decision; 0 = none
  bool skipped = false;     ///< nothing of the batch is computed
  std::vector<exclusion> excluded;

  bool operator==(const amendment&) const = default;
  WEIR_FIELDS(x.number, x.skipped, x.excluded)
};

/// Static data that a batch is computed with, by the name of its operator. The data itself is the program's.
struct static_table {
  std::string name;
  std::uint64_t digest = 0;

  bool operator==(const static_table&) const = default;
  WEIR_FIELDS(x.name, x.digest)
};

/// The seal of a batch: its input, fixed before any work on it and never changed afterwards.
/// `splits` is in map-index order, so that every attempt merges in the same order.
struct batch_record {
  batch_id id;
  std::int64_t time_ms = 0; ///< batch time, milliseconds since 1970
  weir::epoch epoch;        ///< of the coordinator that sealed it
  std::vector<split> splits;
  std::uint64_t records = 0; ///< known before the batch runs: those of blocks
  std::uint64_t bytes = 0;
  log::amendment amendment; ///< the only part that changes after the seal
  std::vector<static_table> tables;

  bool operator==(const batch_record&) const = default;
  WEIR_FIELDS(x.id, x.time_ms, x.epoch, x.splits, x.records, x.bytes, x.amendment, x.tables)
};

/// One partition's staged bytes of one output.
struct staged_part {
  std::string output; ///< the output's stable name
  std::uint32_t part = 0;
  std::uint64_t bytes = 0;
  std::uint64_t records = 0;
  std::uint64_t checksum = 0; ///< of the bytes

  auto operator<=>(const staged_part&) const = default;
  WEIR_FIELDS(x.output, x.part, x.bytes, x.records, x.checksum)
};

/// The commit of a batch: from here on it is never computed again, only published.
struct commit_record {
  batch_id id;
  std::int64_t time_ms = 0;
  weir::epoch epoch;
  view_id view;
  std::vector<staged_part> parts; ///< in (output, part) order; parts without records are absent
  std::uint64_t records = 0;

  bool operator==(const commit_record&) const = default;
  WEIR_FIELDS(x.id, x.time_ms, x.epoch, x.view, x.parts, x.records)
};

/// How far a partition of an input that can be read again (a file of a directory) has been sealed into batches.
struct partition_position {
  std::uint64_t end = 0;    ///< as it was known then
  std::int64_t version = 0; ///< see `offset_range`
  std::uint64_t sealed_to = 0;

  bool operator==(const partition_position&) const = default;
  WEIR_FIELDS(x.end, x.version, x.sealed_to)
};

/// Where one epoch of an input stands: blocks up to `sealed_to` are in batches.
struct epoch_position {
  block_sequence sealed_to;
  std::uint64_t incarnation = 0; ///< of the receiver that opened it, so that asking twice opens it once

  bool operator==(const epoch_position&) const = default;
  WEIR_FIELDS(x.sealed_to, x.incarnation)
};

/// Written once, at first start (`partitions` may be changed at a restart).
struct application_record {
  std::uint32_t format = 1;
  std::string application;
  std::uint64_t hash_seed = 0;
  std::uint32_t partitions = 0;
  std::uint64_t interval_us = 0;
  std::uint64_t directory_id = 0; ///< permanent id of this data directory

  bool operator==(const application_record&) const = default;
  WEIR_FIELDS(x.format, x.application, x.hash_seed, x.partitions, x.interval_us, x.directory_id)
};

} // namespace weir::log
