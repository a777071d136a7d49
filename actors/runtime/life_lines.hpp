#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "actors/application/settings.hpp"
#include "actors/monitor/event.hpp"
#include "actors/monitor/observer.hpp"
#include "libstream/plan/task.hpp"

namespace weir::actors {

/// The first line of a life: which application runs, on which data directory (empty: none), from which inputs to which outputs.
event started_line(const std::string& application, const std::string& data_dir, const settings& from,
                   const plan::physical_plan& plan);

/// For people: what the actors that are told apart by number only are there for, by their names: sinks and receivers.
std::map<std::string, std::string> about_actors(const settings& from, const plan::physical_plan& plan);

/// A graceful stop begins: what it waits for (`work`), and for how long at most.
event draining_line(const std::string& work, std::chrono::milliseconds limit);

/// The last one: why it ended, and what it did. `failure`: the error that ended it; else it has `drained`, or was stopped at once.
event ended_line(const std::optional<error>& failure, bool drained, const observation& seen, std::int64_t uptime_ms);

} // namespace weir::actors
