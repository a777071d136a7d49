#pragma once

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

  /// `inputs`: what it takes; `files`: the input of each split that is a range of a file.
  batch_watch(std::vector<batch_input> inputs, const log::batch_record& record, time_point due)
    : inputs_{std::move(inputs)}, due_{due} {
    for (std::uint32_t i = 0; i < record.splits.size(); ++i)
      if (!record.splits[i].files.empty())
        files_[task_index{i}] = record.splits[i].files.front().input;
  }

  /// Starts, or starts anew. `late_us`: since the batch time.
  void announced(time_point at, std::int64_t late_us) {
    announced_ = at;
    late_us_ = late_us;
    read_.clear();
    counted_.clear();
    computed_.reset();
  }
  /// A task over the input has ended, of the attempt that counts. Said again it changes nothing.
  void task_read(task_index task, std::uint64_t records) {
    if (auto file = files_.find(task); file != files_.end() && counted_.insert(task).second)
      read_[file->second] += records;
  }
  void computed(time_point at) {
    if (!computed_)
      computed_ = at;
  }

  time_point due() const { return due_; }
  time_point start() const { return announced_; }
  const std::optional<time_point>& end() const { return computed_; }
  std::int64_t late_us() const { return late_us_; }
  /// With the records of files that were read so far.
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
  std::map<task_index, input_id> files_;
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
    for (auto& file : split.files)
      add(file.input, file.to - file.from);
  }
  if (with_blocks.size() == 1)
    found[*with_blocks.begin()].records = record.records;
  std::vector<batch_input> inputs;
  for (auto& [input, taken] : found)
    inputs.push_back(taken);
  return inputs;
}

} // namespace weir::actors
