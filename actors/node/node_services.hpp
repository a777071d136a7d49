#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "actors/monitor/journal.hpp"
#include "actors/node/directory.hpp"
#include "actors/node/exchange.hpp"
#include "actors/node/file_system.hpp"
#include "actors/node/shelves.hpp"
#include "actors/node/staging.hpp"
#include "actors/node/worker.hpp"
#include "actors/sources/directory_watch.hpp"
#include "actors/sources/feed.hpp"
#include "actors/sources/ingest_server.hpp"
#include "libstream/log/readable_logs.hpp"
#include "libstream/plan/replayable_source.hpp"

namespace weir::actors {

/// What the actors of one node share, and what they know of the machine around it. One instance for each node; the real one brings threads,
/// sockets and LMDB, the simulated one brings seeds. Everything in it may be used from any thread.
struct node_services {
  node_id id; ///< this one
  actors::directory directory;
  /// An actor of this node.
  address here(role what, std::uint32_t index = 0) const { return {what, index, id}; }

  block_shelf blocks;
  actors::exchange exchange;
  actors::staging staging;

  log::readable_node_log log; ///< the checkpoint writer writes it
  log::known_seals seals;

  std::shared_ptr<ingest_transport> ingest;
  std::shared_ptr<file_system> files;
  std::shared_ptr<actors::journal> journal;
  std::shared_ptr<worker_factory> workers;

  /// Microseconds since 1970. May jump: batch times are made monotonic by the coordinator.
  std::function<std::int64_t()> wall_clock_us;
  /// Fresh random numbers for incarnations.
  std::function<std::uint64_t()> random;
  /// By input_id: what can be read again; null where records are received.
  std::vector<std::shared_ptr<plan::replayable_source>> replayable;
  /// Watches the directory of a `file:` input. May block. Null: its source is asked for all it has instead.
  std::function<std::unique_ptr<directory_watch>(input_id)> watch_directory;
  /// Opens an input whose records the process fetches or makes itself; see `feed.hpp`.
  std::function<result<std::unique_ptr<feed>>(input_id, std::shared_ptr<feed_listener>)> open_feed;
  /// Shows text to the person in front of the program (standard output).
  std::function<result<void>(std::string_view text)> print;
};

using node_ptr = std::shared_ptr<node_services>;

} // namespace weir::actors
