#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "actors/runtime/actor_runtime.hpp"
#include "libstream/api/stream_context.hpp"

/// Weir itself, as the benchmarks run it: a stream context on the real actor runtime, in this process.
namespace weir::bench {

/// On CLOCK_MONOTONIC, which is the same for all processes of the machine.
using instant = std::chrono::steady_clock::time_point;

struct seen_batch {
  instant committed;
  std::int64_t committed_wall_us = 0; ///< since 1970
  actors::batch_summary summary;
  std::uint64_t records_before = 0; ///< of all batches before it
};

struct engine_options {
  std::uint32_t executors = 1;
  std::string data_dir; ///< empty: no log
  std::chrono::microseconds batch_interval{1'000};
  std::vector<std::string> inputs; ///< URLs
  std::shared_ptr<actors::ingest_transport> feed;
  std::shared_ptr<actors::file_system> files;
  bool budgets_of_limit = false; ///< all budgets as the command line sets them: so that they fit into `memory.limit`
  std::uint32_t shown = 100;     ///< records of each batch that are kept for checking
};

/// One run from start to stop. Throws std::runtime_error whenever the application fails. One thread, but for what it is told.
class engine {
public:
  engine(const application& build, engine_options options);
  ~engine();

  /// Waits for that many committed batches (counted from the start), at most a minute.
  void await_batches(std::size_t count);
  /// Waits for records in committed batches.
  void await_records(std::uint64_t count, std::chrono::seconds limit = std::chrono::seconds{60});
  /// Waits until `done` says so, asked after each commit and every 50 ms.
  void await(const std::function<bool()>& done, std::chrono::seconds limit);
  /// The URL of the bound input.
  std::string await_input();
  /// Finishes what was taken, then ends.
  void finish();

  std::vector<seen_batch> batches() const;
  /// The lines that each batch showed, by its time; complete after `finish`.
  std::map<std::int64_t, std::vector<std::string>> shown() const;

private:
  class watcher;
  void check();

  std::shared_ptr<watcher> watcher_;
  std::shared_ptr<actors::actor_runtime> runtime_;
  std::unique_ptr<stream_context> context_;
  bool ended_ = false;
};

} // namespace weir::bench
