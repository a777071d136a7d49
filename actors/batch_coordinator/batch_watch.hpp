#pragma once

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "actors/monitor/journal.hpp"
#include "libstream/log/records.hpp"

namespace weir::actors {

/// What is measured of one batch on its way from the moment when it was due to its commit. Pure; steady times come from the actor clock.
class batch_watch {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// `inputs`: what it takes; the input of each split that is read again is in `record`.
  batch_watch(std::vector<batch_input> inputs, const log::batch_record& record, time_point due)
    : inputs_{std::move(inputs)}, due_{due} {
    for (std::uint32_t i = 0; i < record.splits.size(); ++i)
      if (!record.splits[i].ranges.empty())
        read_again_[task_index{i}] = record.splits[i].input();
  }

  /// Starts, or starts anew. `late_us`: since the batch time; a drain seals a batch before its time, and that one is not late.
  void announced(time_point at, std::int64_t late_us) {
    announced_ = at;
    late_us_ = std::max<std::int64_t>(late_us, 0);
    read_.clear();
    counted_.clear();
    computed_.reset();
  }
  /// The task that reads a split has ended, of the attempt that counts. Said again it changes nothing.
  void task_read(task_index task, std::uint64_t records) {
    if (auto of = read_again_.find(task); of != read_again_.end() && counted_.insert(task).second)
      read_[of->second] += records;
  }
  void computed(time_point at) {
    if (!computed_)
      computed_ = at;
  }

  time_point due() const { return due_; }
  time_point start() const { return announced_; }
  const std::optional<time_point>& end() const { return computed_; }
  std::int64_t late_us() const { return late_us_; }
  /// With the records that were read so far, of inputs whose records are known only then.
  std::vector<batch_input> inputs() const {
    auto all = inputs_;
    for (auto& input : all)
      if (auto read = read_.find(input.input); read != read_.end())
        input.records += read->second;
    return all;
  }

private:
  std::vector<batch_input> inputs_;
  time_point due_;
  time_point announced_;
  std::int64_t late_us_ = 0;
  std::optional<time_point> computed_;
  std::map<task_index, input_id> read_again_;
  std::set<task_index> counted_;
  std::map<input_id, std::uint64_t> read_;
};

/// What a batch of the log takes from each input. Its records are known of all inputs together only: they count for the one that has blocks,
/// if it is alone.
inline std::vector<batch_input> inputs_of(const log::batch_record& record) {
  std::map<input_id, batch_input> found;
  std::set<input_id> with_blocks;
  auto add = [&](input_id input, std::uint64_t bytes) {
    found[input].input = input;
    found[input].bytes += bytes;
  };
  for (auto& split : record.splits) {
    if (!split.blocks.empty())
      add(*with_blocks.insert(split.blocks.front().input).first, split.bytes);
    if (!split.ranges.empty())
      add(split.input(), split.bytes);
  }
  if (with_blocks.size() == 1)
    found[*with_blocks.begin()].records = record.records;
  std::vector<batch_input> inputs;
  for (auto& [input, taken] : found)
    inputs.push_back(taken);
  return inputs;
}

} // namespace weir::actors
