#pragma once

#include "actors/node/services.hpp"
#include "actors/partition_executor/protocol.hpp"
#include "actors/partition_executor/task_board.hpp"

namespace weir::actors {

/// Runs one task on the calling (task) thread: fetches its input, runs the plan, leaves shuffle runs in the exchange and formatted
/// outputs in the staging. Everything it needs is in `services` and `what`; the answer is all that the actor must know.
task_ended run_task(services& services, const task_board::task& what);

} // namespace weir::actors
