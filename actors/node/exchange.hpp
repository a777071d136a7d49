#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "actors/node/attempt.hpp"
#include "actors/node/scratch.hpp"
#include "libstream/plan/task.hpp"

namespace weir::actors {

/// Where map outputs wait for the reducers of their batch: in memory up to a budget, beyond it in the scratch file. Handles only, so that
/// in one process nothing is copied that fits. Runs of older attempts are refused. Thread-safe; no lock is held while runs are encoded,
/// written, read or freed. Nobody ever waits in here: whether a task may start is asked before, see `has_room`.
class exchange {
public:
  /// Before the first push. Without it everything stays in memory, whatever it takes.
  void bound(std::uint64_t budget_bytes, std::shared_ptr<scratch> spill_to);

  /// A task's output as a whole: its runs share memory. Errors: those of the scratch file, and then nothing is kept.
  result<void> push(const attempt& of, batch_id batch, task_index map, plan::shuffle_output output);
  /// What the map tasks made for `partition`, in map-index order; absent runs are left out. What was spilled is read back and belongs to
  /// the caller alone, so that a reduce task holds its own partition only. Errors: 74, 65 (damaged).
  result<std::vector<plan::run_handle>> collect(const plan::physical_plan& plan, const attempt& of, batch_id batch,
                                                shuffle_index shuffle, partition_index partition) const;
  /// The batch is committed, and so are all before it: nothing of them will be asked for again.
  void drop(batch_id through);
  /// A newer coordinator has spoken: attempts of older ones are over. It runs open batches again, and may never seal what an older one announced.
  void drop_before(weir::epoch coordinator);

  /// Whether tasks other than those of the oldest batch may start: without having to spill what they will probably make.
  bool has_room() const {
    auto held = held_bytes();
    return held < budget_ && (held == 0 || held + expected_.load(std::memory_order_relaxed) <= budget_);
  }
  /// In memory.
  std::uint64_t held_bytes() const { return held_.load(std::memory_order_relaxed); }
  /// Written to the scratch file since the start.
  std::uint64_t spilled_bytes() const { return spilled_.load(std::memory_order_relaxed); }

private:
  /// Where a run lies in the scratch file; size 0 = it does not.
  struct place {
    scratch::extent_handle where;
    std::uint64_t from = 0;
    std::uint64_t size = 0;
    std::uint64_t checksum = 0;
  };
  /// By partition, each in one of the two, or in none.
  struct held_output {
    std::vector<plan::run_handle> runs;
    std::vector<place> places;
    std::uint64_t bytes = 0; ///< of memory
  };
  struct held_batch {
    attempt newest;
    std::map<std::pair<shuffle_index, task_index>, held_output> outputs;
  };

  bool keep(const attempt& of, batch_id batch, task_index map, shuffle_index shuffle, held_output& made, bool whatever);
  result<void> spill(held_output& made);
  void release(const held_batch& gone);

  std::uint64_t budget_ = ~std::uint64_t{0};
  std::shared_ptr<scratch> scratch_;
  mutable std::mutex mutex_;
  std::map<batch_id, held_batch> batches_;
  batch_id dropped_;
  weir::epoch oldest_;                     ///< coordinator whose attempts count
  std::atomic<std::uint64_t> held_{0};     ///< changed under the lock
  std::atomic<std::uint64_t> expected_{0}; ///< likewise: bytes of the largest of the last outputs
  std::atomic<std::uint64_t> spilled_{0};
};

} // namespace weir::actors
