#pragma once

#include <cstddef>
#include <cstdint>

/// Every bound of the engine in one place. A setting may lower or raise those that say so.
namespace weir::limits {

inline constexpr std::size_t kib = 1024;
inline constexpr std::size_t mib = 1024 * kib;

/// Records handed through operators in one call: a chunk stays in the first-level cache.
inline constexpr std::size_t chunk_records = 256;
/// A longer text record is skipped, counted and reported (setting `max_record_bytes`).
inline constexpr std::size_t max_record_bytes = mib;
/// Records or keys of one task on which user functions fail: so many may always be isolated, of more a share (setting `isolate.share`).
/// Beyond it they are no poison, the function is wrong.
inline constexpr std::size_t always_isolated = 100;
inline constexpr double isolated_share = 0.5;
/// What an exception says of each of them is kept in the log up to this length.
inline constexpr std::size_t problem_bytes = kib;
/// The same of those after the first thousand of a task.
inline constexpr std::size_t later_problem_bytes = 64;
/// A receiver cuts its block at this size, or at the end of the block interval.
inline constexpr std::size_t block_bytes = 512 * kib;
/// Least and greatest target of one map task's input; in between, a batch is cut into as many as it has partitions.
inline constexpr std::size_t split_bytes = mib;
inline constexpr std::size_t max_split_bytes = 16 * mib;
/// Input bytes of one batch over all inputs (setting `max_batch_bytes`).
inline constexpr std::size_t max_batch_bytes = 64 * mib;
/// Bytes one receiver may hold that are not yet in a committed batch (setting `max_receiver_bytes`).
inline constexpr std::size_t max_receiver_bytes = 128 * mib;
/// Batches between sealed and committed (setting `max_batches_in_flight`).
inline constexpr std::uint32_t max_batches_in_flight = 3;
/// Committed batches, and their staged bytes, that may wait for publication before sealing pauses.
inline constexpr std::uint32_t max_unpublished_batches = 1024;
inline constexpr std::size_t max_unpublished_bytes = 64 * mib;
/// Memory in which map outputs wait for their reducers; beyond it they are spilled (setting `exchange.memory`).
inline constexpr std::size_t exchange_bytes = 192 * mib;
/// Partitions of one operation.
inline constexpr std::uint32_t max_partitions = 65'536;
/// What the process may take in all (setting `memory.limit`).
inline constexpr std::size_t memory_limit = 1024 * mib;
/// Bytes readable behind the last byte of a block, so that wide loads need no special case at the end.
inline constexpr std::size_t read_padding = 64;
/// Idle memory that a process keeps for the next tables and buffers, and the smallest block that is worth keeping.
inline constexpr std::size_t pooled_bytes = 96 * mib;
inline constexpr std::size_t smallest_pooled_bytes = 64 * kib;
/// A map task's table within half of the second-level cache grows as it must. A larger one may take this much of the cache that cores share, and
/// only if all keys will probably fit.
inline constexpr std::size_t max_table_bytes = 16 * mib;
inline constexpr std::size_t cached_table_bytes = mib;
/// Largest payload of one ingest frame.
inline constexpr std::size_t max_frame_bytes = 2 * mib;
/// Ingest connections of one process over all inputs (setting `ingest.max_connections`).
inline constexpr std::uint32_t max_connections = 1024;
/// Producers that one input knows by name (setting `ingest.max_producers`), and after how long a silent one is forgotten (`ingest.producer_ttl`).
inline constexpr std::uint64_t max_producers = 100'000;
inline constexpr std::int64_t producer_ttl_days = 30;
/// Longest producer name.
inline constexpr std::size_t max_producer_bytes = 200;
/// Address space of the log's memory map, and so its greatest size on disk.
inline constexpr std::size_t max_log_bytes = 16ull * 1024 * mib;
/// Of one dataset that is persisted with `memory_and_scratch`; what is beyond goes to temporary files.
inline constexpr std::size_t persisted_bytes = 128 * mib;

} // namespace weir::limits
