#include "libstream/plan/inline_batch.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace weir::plan {

result<std::vector<staged_output>> inline_batch::run(batch_id batch, std::int64_t time_ms,
                                                     const std::vector<split>& splits,
                                                     std::size_t max_record_bytes) const {
  std::vector<staged_output> staged;
  std::map<shuffle_index, std::vector<std::vector<run_handle>>> exchange; // by partition, in map-index order
  for (auto& stage : plan_->stages()) {
    auto tasks = task_count(stage, splits.size(), partitions_);
    for (std::size_t index = 0; index < tasks; ++index) {
      task_input input;
      input.batch = batch;
      input.batch_time_ms = time_ms;
      input.stage = stage.index;
      input.index = task_index{static_cast<std::uint32_t>(index)};
      input.hash_seed = hash_seed_;
      input.partitions = partitions_;
      input.max_record_bytes = max_record_bytes;
      if (stage.reads_text && stage.source == 0)
        input.text = splits[index];
      for (auto shuffle : stage.reads) {
        auto& parts = exchange[shuffle];
        input.runs.push_back(index < parts.size() ? parts[index] : std::vector<run_handle>{});
      }
      auto made = plan_->run(input);
      if (!made)
        return tl::make_unexpected(made.error());
      for (auto& output : made->shuffles) {
        auto& parts = exchange[output.shuffle];
        parts.resize(partitions_);
        for (std::uint32_t p = 0; p < partitions_; ++p)
          if (output.runs[p])
            parts[p].push_back(output.runs[p]);
      }
      for (auto& part : made->staged)
        if (part.records > 0)
          staged.push_back(std::move(part));
    }
  }
  std::stable_sort(staged.begin(), staged.end(),
                   [](auto& a, auto& b) { return std::tie(a.output, a.part) < std::tie(b.output, b.part); });
  return staged;
}

} // namespace weir::plan
