#pragma once

#include <string>

#include "actors/monitor/observer.hpp"
#include "actors/runtime/outcome.hpp"
#include "actors/runtime/process_services.hpp"

namespace weir::actors {

/// What is left when a graceful stop has taken too long.
std::string unfinished_work(const observation& seen, bool has_log);

/// Asks the coordinator to drain, says so once, and has the outcome end the run when it takes too long. Any thread.
void request_drain(const application_services& application, const node_services& node,
                   coordinator_services& coordinator, outcome& outcome, observer& observer);

} // namespace weir::actors
