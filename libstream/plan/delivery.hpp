#pragma once

#include "libstream/plan/task.hpp"

namespace weir::plan {

/// Hands a batch to the program: the one place where what its function throws is caught. Whatever goes wrong comes back as an error that names
/// output and batch; `thrown_by` is the output's name, unless staged bytes are corrupt, a disk is full, or the failure
/// is a `permanent_failure`. Runs on the calling thread.
result<void> deliver(delivery& to, const delivered_batch& batch);

} // namespace weir::plan
