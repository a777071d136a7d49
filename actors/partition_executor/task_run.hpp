#pragma once

#include "actors/application/application_services.hpp"
#include "actors/node/node_services.hpp"
#include "actors/partition_executor/protocol.hpp"
#include "actors/partition_executor/task_board.hpp"

namespace weir::actors {

/// Runs one task on the calling (task) thread: fetches its input, runs the plan, leaves shuffle runs in the exchange and formatted
/// outputs in the staging. Everything it needs is in its arguments; the answer is all that the actor must know.
task_ended run_task(const application_services& application, node_services& node, const task_board::task& what);

} // namespace weir::actors
