#pragma once

#include "actors/node/worker.hpp"
#include "actors/sources/feeds.hpp"
#include "libstream/plan/live_source.hpp"

namespace weir::actors {

/// Drives a source that the program brings itself: starts, restarts and stops it on `thread`, and takes from its threads what it hands
/// over. Small records are collected while the receiver is busy; whoever waits for durability is told when the log says so, or that
/// nothing is known when the run ends before.
std::unique_ptr<feed> open_live_feed(std::shared_ptr<plan::live_source> source, std::uint32_t stream_id,
                                     std::string name, const feed_options& options, std::shared_ptr<worker> thread,
                                     std::shared_ptr<feed_listener> listener);

/// The worker of an input's source, by its name: what is posted there runs after the source was stopped.
std::string live_worker_name(std::uint32_t stream_id);

} // namespace weir::actors
