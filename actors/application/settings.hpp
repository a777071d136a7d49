#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "actors/sources/input_url.hpp"
#include "libstream/base/limits.hpp"

namespace weir::actors {

/// The batch interval, or the part of it nearest to 10 ms: so batches end where blocks do, and blocks become durable on the way.
inline std::chrono::microseconds default_block_interval(std::chrono::microseconds batch_interval) {
  constexpr std::chrono::microseconds longest{10'000};
  return batch_interval / ((batch_interval + longest - std::chrono::microseconds{1}) / longest);
}

/// What follows when a user function still fails after its retries.
enum class error_policy : std::uint8_t {
  stop,    ///< the application ends, and names operator, batch, partition and record
  skip,    ///< the batch is left out
  isolate, ///< the records on which it fails are left out of the batch and written to the dead letters
};

/// A limit that nobody reaches.
inline constexpr std::chrono::milliseconds for_ever{std::chrono::hours{876'000}};

/// What is settled before the first actor starts.
struct settings {
  std::vector<input_url> inputs; ///< position = input_id
  std::chrono::microseconds batch_interval{100'000};
  std::uint32_t executors = 1;
  std::uint64_t max_record_bytes = limits::max_record_bytes;
  std::uint64_t max_batch_bytes = limits::max_batch_bytes;
  std::uint64_t max_receiver_bytes = limits::max_receiver_bytes;
  std::uint32_t max_batches_in_flight = limits::max_batches_in_flight;
  std::uint32_t max_unpublished_batches = limits::max_unpublished_batches;
  /// Of committed batches that wait for publication; beyond it sealing pauses. What of it stays in memory: `staging_bytes`.
  std::uint64_t max_unpublished_bytes = limits::max_unpublished_bytes;
  /// What the process may take in all. The budgets are what is held to; they follow from it in `budgets.hpp`.
  std::uint64_t memory_limit = limits::memory_limit;
  /// Memory of the exchange; beyond it runs are spilled.
  std::uint64_t exchange_bytes = limits::exchange_bytes;
  std::uint64_t staging_bytes = limits::max_unpublished_bytes;
  /// Input of committed batches that wait for publication, and so of what the log still holds of it; beyond it sealing pauses.
  std::uint64_t max_unpublished_input_bytes = limits::max_log_bytes / 4;
  /// Greatest size of the log on disk.
  std::uint64_t log_limit = limits::max_log_bytes;
  /// How long a receiver collects before it cuts a block that is not full.
  std::chrono::microseconds block_interval{10'000};
  /// How long a file of a directory must stay as it is to be complete.
  std::chrono::microseconds file_settle{1'000'000};
  /// How long an input that lost its peer waits before it tries again, about.
  std::chrono::milliseconds receiver_restart_delay{2'000};
  /// How long an unanswered request waits before it is repeated.
  std::chrono::milliseconds retry_interval{2'000};
  /// How often a task may fail in a user function before `on_error` decides.
  std::uint32_t max_task_failures = 4;
  error_policy on_error = error_policy::stop;
  /// Up to this share of the records of a task may be isolated, and a few always.
  double isolate_share = limits::isolated_share;
  /// How long an output that fails on a batch is tried again. Then `on_error` decides.
  std::chrono::milliseconds output_retry_limit = for_ever;
  /// Prefix of the text output that shows isolated records; empty = `dead-letters/batch` in the data directory.
  std::string dead_letters;
  /// While a disk is full: how long until what it refused is tried again.
  std::chrono::milliseconds disk_full_retry{1'000};
  /// How fast inputs may bring records, see `rate_controller.hpp`. Rates are records a second for each input, 0 = no bound.
  bool backpressure_enabled = false;
  std::uint64_t backpressure_initial_rate = 0;
  std::uint64_t backpressure_max_rate = 0;
  std::uint64_t backpressure_min_rate = 100;
  double backpressure_proportional = 1.0;
  double backpressure_integral = 0.2;
  double backpressure_derived = 0.0;
  /// How long a graceful stop may take; zero = ten batch intervals, at least ten seconds and at most a minute.
  std::chrono::milliseconds graceful_stop_limit{0};
  /// A child that ends more often than this within the window has failed: its supervisor gives up, in the end the application.
  std::uint32_t supervisor_max_restarts = 20;
  std::chrono::milliseconds supervisor_window{10'000};
  /// `weir://` connections of the process, over all inputs; never more than its descriptors allow.
  std::uint32_t max_connections = limits::max_connections;
  /// Names of producers that one `weir://` input knows; a further one is refused.
  std::uint64_t max_producers = limits::max_producers;
  /// A producer that was silent for so long, while the application ran, is forgotten.
  std::chrono::milliseconds producer_ttl{limits::producer_ttl_days * 24 * 3'600'000};
  /// Finish once nothing has come for this long and all is published; zero = never.
  std::chrono::milliseconds stop_when_idle{0};
};

} // namespace weir::actors
