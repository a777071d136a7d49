#pragma once

#include <memory>
#include <vector>

#include "libstream/base/limits.hpp"
#include "libstream/plan/task.hpp"

namespace weir::plan {

/// The inline runtime: all tasks of one batch, stage after stage, on the calling thread. What datasets and the test driver stand on.
class inline_batch {
public:
  inline_batch(std::shared_ptr<const physical_plan> plan, std::uint32_t partitions, std::uint64_t hash_seed)
    : plan_{std::move(plan)}, partitions_{partitions}, hash_seed_{hash_seed} {}

  /// The input of one map task.
  using split = std::vector<text_piece>;

  /// What each output staged, in (output, part) order, without empty parts.
  result<std::vector<staged_output>> run(batch_id batch, std::int64_t time_ms, const std::vector<split>& splits,
                                         std::size_t max_record_bytes = limits::max_record_bytes) const;

private:
  std::shared_ptr<const physical_plan> plan_;
  std::uint32_t partitions_;
  std::uint64_t hash_seed_;
};

} // namespace weir::plan
