#pragma once

#include "libstream/base/error.hpp"
#include "libstream/plan/offenders.hpp"

namespace weir::plan {

/// The error of a task that fails on `found`, in the words of every runtime: operator, batch, partition, input and record, or key. `from` names
/// the input of a stage that reads one; may be empty.
error error_of(const offender& culprit, const stage& of, batch_id batch, task_index task, const std::string& from,
               std::string hint);

/// `why`, as a task said it that failed on `input`: with the record or key that it fails on, if there is one. Runs the task many times.
error with_offender(const physical_plan& plan, const task_input& input, const std::string& from, error why);

} // namespace weir::plan
