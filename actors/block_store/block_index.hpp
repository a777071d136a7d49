#pragma once

#include <map>
#include <vector>

#include "libstream/base/ids.hpp"
#include "libstream/log/records.hpp"

namespace weir::actors {

/// What a block store knows of its blocks: which are on their way into the log, which are durable. A pure bookkeeper; one thread.
/// Blocks of one (input, epoch) arrive in sequence and become durable in sequence.
class block_index {
public:
  /// A block that was found in the log.
  void recovered(const log::block_header& header);
  /// Takes blocks on; returns those that are new and must be logged. Known ones are left out, and so are those that do not follow
  /// what is known (`durable` included): something before them was lost and comes again, and so will they.
  std::vector<log::block_header> stored(const std::vector<log::block_header>& headers, block_sequence durable);
  /// Everything of (input, epoch) up to `through` is durable.
  void appended(input_id input, weir::epoch owner, block_sequence through);
  /// Whether this block is on its way into the log, or there and not released.
  bool knows(const block_id& id) const;
  /// The greatest sequence of (input, epoch) that was taken on or recovered.
  block_sequence known_through(input_id input, weir::epoch owner) const;
  using heights = std::map<std::pair<input_id, weir::epoch>, block_sequence>;
  /// The same of all (input, epoch) that have any.
  heights known_through() const;
  /// How far (input, epoch) is durable.
  block_sequence durable_through(input_id input, weir::epoch owner) const;
  /// Blocks of (input, epoch) up to here were durable and are gone: they were released, or their batches are done. `durable` is what
  /// the receiver knows to be durable: after a restart it knows more.
  block_sequence released_through(input_id input, weir::epoch owner, block_sequence durable) const;
  /// (input, epoch) can get no more blocks: what is not durable by now is void.
  void refused(input_id input, weir::epoch owner);
  /// The blocks of a range are in a committed batch, so also durable.
  void released(const log::block_range& range);

  /// Not yet durable blocks, in order: to be sent to a writer that lost them.
  std::vector<std::vector<log::block_header>> undurable() const;
  /// Blocks that were here when this was called last and still are, in order: what was said of them may have been lost, or the answer.
  std::vector<std::vector<log::block_header>> overdue();
  /// Blocks that were not released, in order, one vector for each (input, epoch).
  std::vector<std::vector<log::block_header>> known() const;
  /// Of (input, epoch) those behind `after`.
  std::vector<log::block_header> known_behind(input_id input, weir::epoch owner, block_sequence after) const;

private:
  struct line {
    std::map<block_sequence, log::block_header> blocks;
    block_sequence known;   ///< greatest sequence taken on
    block_sequence durable; ///< greatest durable sequence
    block_sequence waiting; ///< greatest sequence when `overdue` was called last
  };
  std::map<std::pair<input_id, weir::epoch>, line> lines_;
};

} // namespace weir::actors
