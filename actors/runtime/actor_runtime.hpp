#pragma once

#include <memory>
#include <string>
#include <vector>

#include "actors/node/services.hpp"
#include "libstream/api/runtime.hpp"

namespace weir::actors {

/// What the command line (or a test) decides about a run.
struct runtime_options {
  std::string application;       ///< names the owner of the data directory
  std::string data_dir;          ///< empty = no log: then only inputs that can be read again are allowed
  bool default_data_dir = false; ///< nobody typed it: its parents may be created
  std::uint32_t partitions = 0;  ///< at first start; 0 = twice the executors
  std::uint32_t repartition = 0; ///< changes the stored number; 0 = keep it
  actors::settings settings;
  std::shared_ptr<actors::journal> journal;

  // Seams for tests and benchmarks; empty = the real ones.
  std::shared_ptr<ingest_transport> ingest; ///< producers without sockets; their records need no log
  std::shared_ptr<file_system> files;       ///< where text outputs go
  std::function<result<void>(std::string_view text)> print;
};

/// The real runtime: threads, sockets, LMDB, and the actors of one node in an actor system of its own. Made and used on one thread;
/// `request_drain` may come from any.
class actor_runtime final : public runtime {
public:
  explicit actor_runtime(runtime_options options);
  /// Stops at once if it still runs.
  ~actor_runtime() override;

  result<void> start(std::shared_ptr<const plan::physical_plan> plan) override;
  void stop(bool graceful) override;
  result<bool> await(std::optional<std::chrono::milliseconds> limit) override;

private:
  struct running;
  runtime_options options_;
  std::unique_ptr<running> running_;
};

} // namespace weir::actors
