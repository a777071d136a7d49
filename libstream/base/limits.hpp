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
/// A receiver cuts its block at this size, or at the end of the block interval.
inline constexpr std::size_t block_bytes = 512 * kib;
/// Target size of one map task's input; part of the plan's meaning, see `plan/splits.hpp`.
inline constexpr std::size_t split_bytes = mib;
/// Input bytes of one batch over all inputs (setting `max_batch_bytes`).
inline constexpr std::size_t max_batch_bytes = 32 * mib;
/// Bytes one receiver may hold that are not yet in a committed batch (setting `max_receiver_bytes`).
inline constexpr std::size_t max_receiver_bytes = 64 * mib;
/// Batches between sealed and committed (setting `max_batches_in_flight`).
inline constexpr std::uint32_t max_batches_in_flight = 3;
/// Committed batches that one output may have waiting for publication before sealing pauses.
inline constexpr std::uint32_t max_unpublished_batches = 16;
/// Bytes readable behind the last byte of a block, so that wide loads need no special case at the end.
inline constexpr std::size_t read_padding = 64;
/// Largest payload of one ingest frame.
inline constexpr std::size_t max_frame_bytes = 2 * mib;
/// Longest producer name.
inline constexpr std::size_t max_producer_bytes = 200;
/// Address space of the log's memory map, and so its greatest size on disk.
inline constexpr std::size_t max_log_bytes = 16ull * 1024 * mib;

} // namespace weir::limits
