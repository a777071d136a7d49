#pragma once

#include <memory>

#include "actors/runtime/running_process.hpp"

namespace weir::actors {

/// From options and program to a process whose log is open, whose places are taken and whose node is furnished, so that its actors can start. The
/// order is the promise: first all that only reads, then what is taken and let go of again (ports, locks), and once all is accepted what is
/// written. A start that is refused has changed nothing on disk.
result<void> start_process(const runtime_options& options, const std::shared_ptr<const plan::physical_plan>& plan,
                           running_process& process);

} // namespace weir::actors
