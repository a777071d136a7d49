#pragma once

#include "actors/runtime/runtime_options.hpp"
#include "libstream/plan/task.hpp"

namespace weir::actors {

/// What can be said of a run before anything of it is opened or written: whether the options go with the program, whether inputs and outputs can
/// be used, and whether the process may have the descriptors and threads that it needs. Error: what is wrong, and what to do.
result<void> check_start(const runtime_options& options, const plan::physical_plan& plan, file_system& files);

} // namespace weir::actors
