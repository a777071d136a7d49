#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actors/monitor/journal.hpp"
#include "actors/node/directory.hpp"
#include "actors/node/shelves.hpp"
#include "actors/node/worker.hpp"
#include "actors/sinks/file_system.hpp"
#include "actors/sources/directory_listing.hpp"
#include "actors/sources/ingest_server.hpp"
#include "actors/sources/input_url.hpp"
#include "libstream/base/limits.hpp"
#include "libstream/log/records.hpp"
#include "libstream/log/store.hpp"
#include "libstream/plan/task.hpp"

namespace weir::actors {

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
  /// How long a receiver collects before it cuts a block that is not full.
  std::chrono::microseconds block_interval{10'000};
  /// How long an unanswered request waits before it is repeated.
  std::chrono::milliseconds retry_interval{2'000};
  /// Finish once nothing has come for this long and all is published; zero = never.
  std::chrono::milliseconds stop_when_idle{0};
};

/// All that an actor knows of the world outside messages. One instance for each node; the real one brings threads, sockets and
/// LMDB, the simulated one brings seeds. Everything in it may be used from any thread.
struct services {
  actors::settings settings;
  log::application_record application;
  std::shared_ptr<const plan::physical_plan> plan;

  actors::directory directory;
  block_shelf blocks;
  actors::exchange exchange;
  actors::staging staging;

  std::shared_ptr<log::store> store; ///< committed to by the checkpoint writer's worker only
  std::shared_ptr<ingest_transport> ingest;
  std::shared_ptr<file_system> files;
  std::shared_ptr<actors::journal> journal;
  std::shared_ptr<worker_factory> workers;

  /// Milliseconds since 1970. May jump: batch times are made monotonic by the coordinator.
  std::function<std::int64_t()> wall_clock_ms;
  /// Fresh random numbers for incarnations.
  std::function<std::uint64_t()> random;
  /// Lists a directory input; see `directory_listing.hpp`.
  std::function<result<std::vector<listed_file>>(const std::string& directory)> list_directory;
  /// Reads a range of a file; see `file_pieces.hpp`.
  std::function<result<std::vector<plan::text_piece>>(const log::file_range&, std::size_t max_record_bytes)>
    read_file_range;
  /// Shows text to the person in front of the program (standard output).
  std::function<result<void>(std::string_view text)> print;
  /// Reports the first error that ends the application. Later ones are ignored.
  std::function<void(const error&)> fail;
  /// `--stop-when-idle` holds: the runtime should drain.
  std::function<void()> idle;
  /// The application has drained: all that was taken is published.
  std::function<void()> finished;
  /// Set by the runtime before it tells the coordinator to drain, so that a restarted coordinator knows.
  std::atomic<bool> draining{false};
};

using services_ptr = std::shared_ptr<services>;

} // namespace weir::actors
