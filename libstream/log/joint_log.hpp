#pragma once

#include <functional>
#include <vector>

#include "libstream/log/batch_log.hpp"
#include "libstream/log/block_fence.hpp"
#include "libstream/log/staged_parts.hpp"

namespace weir::log {

/// Both logs of a process that is a whole cluster: the batch log, which is decided on, and the node log, which holds blocks and staged parts.
/// What a command changes in the one, and what follows from it in the other, goes into one transaction. Pure but for `load`.
class joint_log {
public:
  /// The bytes of each part that a commit names. Asked only for a commit that is written.
  using parts_of = std::function<std::vector<staged_bytes>(const commit_record&)>;

  static result<joint_log> load(const store& from);

  /// Decides a command, and if it is `written` adds what changes. Never: a seal rests on blocks that are lost.
  batch_answer apply(const batch_command& command, const parts_of& parts, transaction& changes);

  /// The fence of the node log, for blocks.
  block_fence& blocks() { return blocks_; }
  const block_fence& blocks() const { return blocks_; }
  const batch_log& batches() const { return batches_; }

  bool operator==(const joint_log&) const = default;

private:
  batch_answer take(const seal_command& command, transaction& changes);
  batch_answer take(const open_command& command, transaction& changes);
  batch_answer take(const commit_command& command, const parts_of& parts, transaction& changes);
  batch_answer take(const finish_command& command, transaction& changes);

  batch_log batches_;
  block_fence blocks_;
};

} // namespace weir::log
