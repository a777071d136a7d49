#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "actors/batch_coordinator/protocol.hpp"
#include "libstream/base/error.hpp"
#include "libstream/base/ids.hpp"
#include "libstream/log/records.hpp"

namespace weir::actors {

/// Input that is on its way into the log, or can be read again where it is, and in no batch yet, and how a batch's share of it is cut into
/// splits. A pure class, one thread. The cut follows from what waits and from the limits alone; once sealed it is never cut again.
class input_queue {
public:
  input_queue() = default;
  input_queue(const input_queue&) = delete;
  input_queue& operator=(const input_queue&) = delete;

  struct amount {
    std::uint64_t records = 0; ///< of blocks
    std::uint64_t bytes = 0;   ///< of offsets about
  };
  struct share {
    std::vector<log::split> splits; ///< in map-index order
    std::uint64_t bytes = 0;
    std::uint64_t records = 0; ///< of blocks; those of offset ranges are known when they have been read
    std::map<input_id, amount> inputs;
  };

  /// What the log says was sealed before.
  void sealed_before(input_id input, weir::epoch owner, block_sequence through);
  void sealed_before(input_id input, const std::string& partition, const log::partition_position& position);

  /// Adds the blocks that follow those known; earlier ones are ignored. False if one is missing in between: ask again.
  bool blocks_ready(input_id input, weir::epoch owner, const std::vector<log::block_header>& headers);
  /// The greatest sequence of (input, epoch) that has been added.
  block_sequence known_through(input_id input, weir::epoch owner) const;
  /// Adds partitions that are not known by name yet, and what known ones have grown by. A final one that has changed since it was seen is
  /// ignored, as in Spark: if some of it was not sealed by then, reading it will say so. Error 65: one that grows has been
  /// replaced, or has lost what was sealed.
  result<void> offsets_found(input_id input, const std::vector<plan::source_partition>& partitions);
  /// Forgets offsets of which nothing more shall be sealed: the application drains.
  void drop_offsets();

  bool empty() const;
  /// Whether this block waits to be sealed.
  bool waits(const block_id& id) const;
  /// Bytes that wait to be sealed, over all inputs.
  std::uint64_t waiting_bytes() const;
  /// What waits of one input; of offsets without records.
  amount waiting(input_id input) const;
  /// Inputs that have something to seal.
  int waiting_inputs() const;

  /// Batches take no more than this of the input's offsets from now on; 0 = no bound of its own.
  void pace(input_id input, std::uint64_t bytes) { replayed_[input].most_bytes = bytes; }

  /// Takes at most `max_bytes` out, fairly over the inputs; at least one block or offset of each that waits.
  share take(std::uint64_t max_bytes, std::uint64_t split_bytes);

private:
  struct line {
    block_sequence known;
    std::deque<log::block_header> blocks;
    amount waiting;
  };
  struct replayed_partition {
    log::partition_position position;
    std::uint64_t offset_bytes = 1;
    bool grows = false;
    bool waits = false; ///< is in `unread`

    std::uint64_t unread() const { return position.end - std::min(position.end, position.sealed_to); }
    std::uint64_t unread_bytes() const;
  };
  using named_partition = std::pair<const std::string, replayed_partition>;
  /// An input that can be read again.
  struct replayed_input {
    std::map<std::string, replayed_partition> known; ///< by name
    std::deque<named_partition*> unread;             ///< of `known`, in the order of their turns
    std::uint64_t most_bytes = 0;
  };
  /// A batch's share of one such input while it is cut.
  struct cutting {
    input_id input;
    std::uint64_t budget;
    std::uint64_t split_bytes;
    log::split current;
    share& into;
  };

  /// What the next batch may take of the input.
  std::uint64_t wanted_bytes(input_id input) const;
  void take_blocks(input_id input, std::uint64_t budget, std::uint64_t split_bytes, share& into);
  static void take_offsets(replayed_input& from, cutting& cut);
  static void cut_partition(named_partition& from, std::uint64_t most_bytes, cutting& cut);
  std::vector<input_id> inputs_with_work() const;

  std::map<std::pair<input_id, weir::epoch>, line> lines_;
  std::map<input_id, replayed_input> replayed_;
};

} // namespace weir::actors
