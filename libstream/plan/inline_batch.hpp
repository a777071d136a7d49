#pragma once

#include <memory>
#include <string>
#include <vector>

#include "libstream/base/limits.hpp"
#include "libstream/plan/job_runner.hpp"
#include "libstream/plan/task.hpp"

namespace weir::plan {

/// All tasks of one batch, stage after stage, in memory. What datasets and the test driver stand on. By default on the calling thread.
class inline_batch {
public:
  inline_batch(std::shared_ptr<const physical_plan> plan, std::uint32_t partitions, std::uint64_t hash_seed,
               std::shared_ptr<job_runner> jobs = std::make_shared<sequential_jobs>())
    : plan_{std::move(plan)}, partitions_{partitions}, hash_seed_{hash_seed}, jobs_{std::move(jobs)} {}

  /// The input of one map task.
  struct split {
    std::vector<text_piece> text;
    std::uint32_t source = 0; ///< see `stage::source`
    std::string from = {};    ///< where its records come from, for people
  };

  /// What each output staged, in (output, part) order, without empty parts.
  /// A split whose last task has ended is let go of, so that who looks at its text later is found out, as with a real block.
  result<std::vector<staged_output>> run(batch_id batch, std::int64_t time_ms, std::vector<split> splits,
                                         std::size_t max_record_bytes = limits::max_record_bytes) const;

private:
  /// Whether no later stage reads that source.
  bool reads_last(const stage& which, std::uint32_t source) const;

  std::shared_ptr<const physical_plan> plan_;
  std::uint32_t partitions_;
  std::uint64_t hash_seed_;
  std::shared_ptr<job_runner> jobs_;
};

} // namespace weir::plan
