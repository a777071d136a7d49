#pragma once

#include <optional>
#include <vector>

#include "libstream/log/batch_command.hpp"
#include "libstream/log/batch_fence.hpp"
#include "libstream/log/batch_records.hpp"

namespace weir::log {

/// The batch log as a state machine: the same commands in the same order lead to the same state, the same answers and the same changes, on
/// every replica. It reads no store, no clock and no chance but in `load`, which yields the state that the commands in the store have led to.
///
/// It decides ahead of the disk: `apply` adds the changes to a transaction that is committed later, and a command that comes meanwhile already
/// rests on them. So its changes must reach the store in the order of the calls, or not at all; then a new one is loaded.
///
/// It knows batches and which epochs of inputs were opened; whether blocks are on this node or another one knows the node log.
class batch_log {
public:
  static result<batch_log> load(const store& from);

  /// What `apply` would say of a seal. Whoever seals asks the nodes for the batch's blocks first, and only then lets the command through.
  verdict judge(const seal_command& command) const;
  /// Decides, and if the answer is `written` adds what changes. Never answers `never`.
  batch_answer apply(const batch_command& command, transaction& changes);

  weir::epoch coordinator() const { return fence_.coordinator(); }
  const batch_fence& fence() const { return fence_; }
  const sealed_positions& positions() const { return positions_; }

  bool operator==(const batch_log&) const = default;

private:
  batch_answer take(const claim_command& command, transaction& changes);
  batch_answer take(const open_command& command, transaction& changes);
  batch_answer take(const seal_command& command, transaction& changes);
  batch_answer take(const amend_command& command, transaction& changes);
  batch_answer take(const commit_command& command, transaction& changes);
  batch_answer take(const finish_command& command, transaction& changes);
  void check_blocks(const batch_record& batch) const;
  batch_answer answer(verdict of) const;

  batch_fence fence_;
  sealed_positions positions_;
};

/// The newest epoch of an input, and its position.
std::optional<std::pair<epoch, epoch_position>> newest_epoch(const sealed_positions& positions, input_id input);

} // namespace weir::log
