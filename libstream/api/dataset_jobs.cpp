#include "libstream/api/dataset_jobs.hpp"

#include <algorithm>
#include <mutex>
#include <set>

#include "libstream/plan/inline_batch.hpp"
#include "libstream/plan/kept_partitions.hpp"
#include "libstream/plan/lower.hpp"

namespace weir {

namespace {

/// Who runs jobs: the last who said so and still lives.
struct {
  std::mutex mutex;
  std::vector<std::weak_ptr<plan::job_runner>> runners;
} known;

std::shared_ptr<plan::job_runner> current_runner() {
  std::lock_guard guard{known.mutex};
  while (!known.runners.empty()) {
    if (auto runner = known.runners.back().lock())
      return runner;
    known.runners.pop_back();
  }
  return std::make_shared<plan::sequential_jobs>();
}

/// The hash of a dataset's keys need not be secret: whoever chose them has them in the program.
constexpr std::uint64_t job_seed = 0;

class job {
public:
  std::vector<plan::staged_output> run(const plan::node_ptr& terminal) {
    look_at(*terminal);
    auto plan = plan::lower({terminal});
    if (!plan)
      throw plan::plan_error{plan.error()};
    auto ran = plan::inline_batch{*plan, partitions_, job_seed, current_runner()}.run({}, 0, {});
    if (!ran)
      throw plan::plan_error{ran.error()};
    return std::move(*ran);
  }

private:
  void look_at(const plan::node& which) {
    if (!seen_.insert(&which).second)
      return;
    if (which.what() == plan::node::role::source ||
        (which.what() == plan::node::role::collection && which.always_due()) || which.timed())
      throw plan::plan_error{{error_code::usage,
                              "an action was asked of a dataset that stands for the batches of a stream",
                              "operator " + which.kind(),
                              "the function of transform only describes; to act on each batch use foreach_batch"}};
    if (auto kept = which.kept())
      pins_.push_back(kept->fill(job_of_its_own));
    if (which.what() == plan::node::role::collection)
      partitions_ = std::max(partitions_, which.slices());
    for (auto& input : which.inputs())
      look_at(*input);
  }

  static void job_of_its_own(const plan::node_ptr& terminal) { job{}.run(terminal); }

  std::set<const plan::node*> seen_;
  std::uint32_t partitions_ = 1;
  std::vector<std::shared_ptr<const void>> pins_; ///< of persisted data, while it is read
};

} // namespace

std::shared_ptr<void> run_jobs_on(std::shared_ptr<plan::job_runner> jobs) {
  std::lock_guard guard{known.mutex};
  known.runners.push_back(jobs);
  return jobs;
}

std::vector<plan::staged_output> api_detail::run_job(plan::node_ptr terminal) { return job{}.run(terminal); }

void api_detail::fill_kept(const plan::node& below, std::vector<std::shared_ptr<const void>>& pins) {
  if (auto kept = below.kept())
    pins.push_back(kept->fill([](const plan::node_ptr& terminal) { job{}.run(terminal); }));
  for (auto& input : below.inputs())
    fill_kept(*input, pins);
}

} // namespace weir
