#include "libstream/plan/inline_batch.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "libstream/plan/offender_error.hpp"

namespace weir::plan {

namespace {

/// The runs of a batch, by shuffle and partition, in map-index order.
class runs_of_batch {
public:
  std::vector<run_handle> take(shuffle_index shuffle, std::size_t partition) const {
    auto shuffled = runs_.find(shuffle);
    return shuffled == runs_.end() || partition >= shuffled->second.size() ? std::vector<run_handle>{}
                                                                           : shuffled->second[partition];
  }
  void add(shuffle_output& output) {
    auto& parts = runs_[output.shuffle];
    parts.resize(std::max(parts.size(), output.runs.size()));
    for (std::size_t p = 0; p < output.runs.size(); ++p)
      if (output.runs[p])
        parts[p].push_back(std::move(output.runs[p]));
  }
  /// Those that a stage has read are needed no more.
  void drop(shuffle_index shuffle) { runs_.erase(shuffle); }

private:
  std::map<shuffle_index, std::vector<std::vector<run_handle>>> runs_;
};

} // namespace

bool inline_batch::reads_last(const stage& which, std::uint32_t source) const {
  auto& stages = plan_->stages();
  return std::none_of(stages.begin(), stages.end(), [&](auto& other) {
    return other.reads_text && other.source == source && other.index > which.index;
  });
}

result<std::vector<staged_output>> inline_batch::run(batch_id batch, std::int64_t time_ms, std::vector<split> splits,
                                                     std::size_t max_record_bytes) const {
  std::vector<staged_output> staged;
  runs_of_batch exchange;
  auto counts = plan_->task_counts(splits.size(), partitions_);
  for (auto& stage : plan_->stages()) {
    auto tasks = counts[stage.index.value];
    std::vector<result<task_result>> results(tasks);
    jobs_->for_each(tasks, [&](std::size_t index) {
      if (stage.reads_text && splits[index].source != stage.source)
        return; // nothing of it is for this stage
      task_input input;
      input.batch = batch;
      input.batch_time_ms = time_ms;
      input.stage = stage.index;
      input.index = task_index{static_cast<std::uint32_t>(index)};
      input.hash_seed = hash_seed_;
      input.partitions = partitions_;
      input.splits = splits.size();
      input.max_record_bytes = max_record_bytes;
      if (stage.reads_text)
        input.text = splits[index].text;
      for (auto shuffle : stage.reads)
        input.runs.push_back(exchange.take(shuffle, index));
      if (stage.reads_text && reads_last(stage, splits[index].source))
        splits[index].text.clear();
      results[index] = plan_->run(input);
      if (!results[index] && !splits.empty()) // a batch of a stream: people look for the record
        results[index] = tl::make_unexpected(
          with_offender(*plan_, input, stage.reads_text ? splits[index].from : "", std::move(results[index].error())));
    });
    for (auto& each : results) {
      if (!each)
        return tl::make_unexpected(each.error());
      for (auto& output : each->shuffles)
        exchange.add(output);
      for (auto& part : each->staged)
        if (part.records > 0)
          staged.push_back(std::move(part));
    }
    for (auto shuffle : stage.reads)
      exchange.drop(shuffle);
  }
  std::stable_sort(staged.begin(), staged.end(),
                   [](auto& a, auto& b) { return std::tie(a.output, a.part) < std::tie(b.output, b.part); });
  return staged;
}

} // namespace weir::plan
