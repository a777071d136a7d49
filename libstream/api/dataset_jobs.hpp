#pragma once

#include <memory>
#include <vector>

#include "libstream/plan/job_runner.hpp"
#include "libstream/plan/node.hpp"

namespace weir {

/// Lets actions on datasets of this process run on `jobs`, as long as the returned handle lives; then on what they ran on before. A runtime
/// does so while it is active. Any thread.
std::shared_ptr<void> run_jobs_on(std::shared_ptr<plan::job_runner> jobs);

namespace api_detail {

/// Runs an action: everything above `terminal`, and answers what it staged. Persisted datasets above it are computed first, if they are
/// not yet. Shuffles have as many partitions as the largest dataset above. Throws plan_error: of a user function that failed, or where
/// there is no data because the dataset stands for a stream.
std::vector<plan::staged_output> run_job(plan::node_ptr terminal);

/// Computes the persisted datasets above a node, as far as they are not there, and holds them in `pins`: whoever reads them must keep those,
/// as the program may let go of its own by `unpersist`. Throws plan_error.
void fill_kept(const plan::node& below, std::vector<std::shared_ptr<const void>>& pins);

} // namespace api_detail

} // namespace weir
