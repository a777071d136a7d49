#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "libstream/base/error.hpp"
#include "libstream/base/ids.hpp"
#include "libstream/log/batch_records.hpp"
#include "libstream/log/positions.hpp"
#include "libstream/log/verdict.hpp"

namespace weir::log {

/// Decides which commands about batches still count: those of an older coordinator are refused, those that were carried out before are only
/// answered again, and those that come too early wait. Batches are sealed, and commit, in the order of their numbers. Pure but for `load`. It
/// knows of every command that it let pass, also while that is still on its way to the disk.
class batch_fence {
public:
  /// A batch that is sealed and not done.
  struct open_batch {
    std::int64_t time_ms = 0;
    std::uint32_t amendment = 0; ///< its number
    bool committed = false;
    std::vector<block_range> blocks; ///< those of its splits, joined

    bool operator==(const open_batch&) const = default;
  };

  static result<batch_fence> load(const store& from);

  weir::epoch coordinator() const { return claimed_.epoch; }
  const coordinator_claim& claimed() const { return claimed_; }
  batch_id last_sealed() const { return last_sealed_; }
  /// Null: it is done, or not sealed.
  const open_batch* find(batch_id batch) const;

  /// Written: `coordinator` is a new epoch. Repeated: that incarnation has it already. Superseded: the newest is not `after`.
  verdict claim(std::uint64_t incarnation, weir::epoch after);
  bool is_current(weir::epoch by) const { return by == claimed_.epoch; }

  /// What `seal` would say.
  verdict judge_seal(weir::epoch by, batch_id batch, batch_id after) const;
  verdict seal(weir::epoch by, const batch_record& batch, batch_id after);
  verdict amend(weir::epoch by, const batch_record& batch);
  verdict commit(weir::epoch by, const commit_record& batch);
  verdict finish(weir::epoch by, batch_id batch);

  bool operator==(const batch_fence&) const = default;

private:
  verdict of_unknown(batch_id batch) const { return last_sealed_ < batch ? verdict::wait : verdict::repeated; }
  bool predecessors_are_committed(std::map<batch_id, open_batch>::const_iterator batch) const;

  coordinator_claim claimed_;
  std::map<batch_id, open_batch> open_;
  batch_id last_sealed_;
};

/// The blocks of a batch by (input, epoch), neighbours joined, in order.
std::vector<block_range> joined_blocks(const batch_record& batch);

} // namespace weir::log
