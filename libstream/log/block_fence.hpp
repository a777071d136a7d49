#pragma once

#include <map>
#include <utility>
#include <vector>

#include "libstream/base/error.hpp"
#include "libstream/base/ids.hpp"
#include "libstream/log/block_presence.hpp"
#include "libstream/log/store.hpp"
#include "libstream/log/verdict.hpp"

namespace weir::log {

/// Decides which blocks may be appended to a node's log: those of an input's current epoch, each behind the one before it, each once. Pure but
/// for `load`. It knows of every block that it let pass, also while that is still on its way to the disk.
class block_fence final : public block_presence {
public:
  static result<block_fence> load(const store& from);

  /// The batch log has opened an epoch of an input, and with that ended those before. Older ones than the current one change nothing.
  void open(input_id input, weir::epoch owner);
  bool is_current(input_id input, weir::epoch owner) const;

  /// Drops the headers, which have consecutive sequences, of blocks that are logged already. Of the rest: written, or wait if blocks before them
  /// are missing. Repeated: there is no rest.
  verdict append(input_id input, weir::epoch owner, std::vector<block_header>& headers);
  /// The last block of the input's current epoch; 0 = none.
  block_sequence last(input_id input) const;

  state of(const block_range& blocks) const override;

  bool operator==(const block_fence& other) const { return current_ == other.current_ && appended_ == other.appended_; }

private:
  std::map<input_id, weir::epoch> current_;
  std::map<std::pair<input_id, weir::epoch>, block_sequence> appended_; ///< the last block of each epoch
};

/// Whether a seal may go on: the worst that is said of any of its blocks.
block_presence::state presence_of(const batch_record& batch, const block_presence& blocks);

} // namespace weir::log
