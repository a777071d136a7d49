#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "libstream/base/fields.hpp"
#include "libstream/base/ids.hpp"
#include "libstream/data/buffer.hpp"
#include "libstream/log/records.hpp"
#include "libstream/plan/task.hpp"

/// Where the bulk of a node lies while messages about it travel: blocks, shuffle runs, staged outputs. Handles only, so that
/// in one process nothing is copied. All three are thread-safe and survive the actors that use them.
namespace weir::actors {

/// One attempt at a batch; an attempt with an older epoch or view is refused everywhere.
struct attempt {
  weir::epoch epoch;
  view_id view;

  auto operator<=>(const attempt&) const = default;
  WEIR_FIELDS(x.epoch, x.view)
};

/// A node's blocks in memory. The block store decides what stays.
class block_shelf {
public:
  void put(const block_id& id, data::buffer_handle bytes) {
    std::lock_guard guard{mutex_};
    blocks_[id] = std::move(bytes);
  }
  data::buffer_handle find(const block_id& id) const {
    std::lock_guard guard{mutex_};
    auto entry = blocks_.find(id);
    return entry == blocks_.end() ? nullptr : entry->second;
  }
  /// Drops blocks of epochs before `newest` that nobody knows: a receiver died between keeping them and telling.
  template <class Known>
  void drop_unknown(input_id input, weir::epoch newest, Known known) {
    std::lock_guard guard{mutex_};
    auto end = blocks_.lower_bound({input, newest, {}});
    for (auto at = blocks_.lower_bound({input, {}, {}}); at != end;)
      at = known(at->first) ? std::next(at) : blocks_.erase(at);
  }
  /// Drops the blocks of (input, epoch) up to `last`.
  void drop(input_id input, weir::epoch owner, block_sequence last) {
    std::lock_guard guard{mutex_};
    blocks_.erase(blocks_.lower_bound({input, owner, {}}), blocks_.upper_bound({input, owner, last}));
  }

private:
  mutable std::mutex mutex_;
  std::map<block_id, data::buffer_handle> blocks_;
};

/// Where map outputs wait for the reducers of their batch. Runs of older attempts are refused.
class exchange {
public:
  void push(const attempt& of, batch_id batch, task_index map, const plan::shuffle_output& output) {
    std::lock_guard guard{mutex_};
    auto& held = batches_[batch];
    if (of < held.newest)
      return;
    if (held.newest < of)
      held = {of, {}};
    held.runs[{output.shuffle, map}] = output.runs;
  }
  /// What the map tasks made for `partition`, in map-index order; absent runs are left out.
  std::vector<plan::run_handle> collect(const attempt& of, batch_id batch, shuffle_index shuffle,
                                        partition_index partition) const {
    std::lock_guard guard{mutex_};
    std::vector<plan::run_handle> found;
    auto held = batches_.find(batch);
    if (held == batches_.end() || held->second.newest != of)
      return found;
    auto& runs = held->second.runs;
    for (auto at = runs.lower_bound({shuffle, {}}); at != runs.end() && at->first.first == shuffle; ++at)
      if (partition.value < at->second.size() && at->second[partition.value])
        found.push_back(at->second[partition.value]);
    return found;
  }
  void drop(batch_id batch) {
    std::lock_guard guard{mutex_};
    batches_.erase(batch);
  }

private:
  struct held_batch {
    attempt newest;
    std::map<std::pair<shuffle_index, task_index>, std::vector<plan::run_handle>> runs;
  };
  mutable std::mutex mutex_;
  std::map<batch_id, held_batch> batches_;
};

/// Formatted outputs between their task and their publication.
class staging {
public:
  using bytes_handle = std::shared_ptr<const std::string>;

  void put(const attempt& of, batch_id batch, const std::string& output, std::uint32_t part, bytes_handle bytes) {
    std::lock_guard guard{mutex_};
    auto& held = batches_[batch];
    if (of < held.newest)
      return;
    if (held.newest < of)
      held = {of, {}};
    held.parts[{output, part}] = std::move(bytes);
  }
  /// Null if that attempt did not stage it here (or it was dropped): then the log has it, if it was committed.
  bytes_handle find(const attempt& of, batch_id batch, const std::string& output, std::uint32_t part) const {
    std::lock_guard guard{mutex_};
    auto held = batches_.find(batch);
    if (held == batches_.end() || held->second.newest != of)
      return nullptr;
    auto entry = held->second.parts.find({output, part});
    return entry == held->second.parts.end() ? nullptr : entry->second;
  }
  void drop(batch_id batch) {
    std::lock_guard guard{mutex_};
    batches_.erase(batch);
  }

private:
  struct held_batch {
    attempt newest;
    std::map<std::pair<std::string, std::uint32_t>, bytes_handle> parts;
  };
  mutable std::mutex mutex_;
  std::map<batch_id, held_batch> batches_;
};

} // namespace weir::actors
