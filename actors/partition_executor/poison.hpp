#pragma once

#include "actors/application/application_services.hpp"
#include "actors/node/node_services.hpp"
#include "actors/partition_executor/protocol.hpp"
#include "actors/partition_executor/task_board.hpp"

namespace weir::actors {

/// `report` of a task that failed because of something else than its input's records.
task_ended failed(task_ended report, const error& why);

/// A user function fails on the task, again and again, the last time with `why`: finds out on which records, and says what shall follow. `input`
/// is whole, `known` (positions, ascending) is left out of it already. Nothing: it does not fail any more. Runs the task many times, on the calling (task) thread.
std::optional<task_ended> poisoned(const application_services& application, const node_services& node,
                                   const task_board::task& what, const plan::task_input& input,
                                   const std::vector<std::uint64_t>& known, task_ended report, const error& why);

} // namespace weir::actors
