#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "actors/batch_coordinator/protocol.hpp"
#include "libstream/base/ids.hpp"
#include "libstream/log/records.hpp"

namespace weir::actors {

/// Input that is on its way into the log (or replayable) and in no batch yet, and how a batch's share of it is cut into splits. A pure class, one
/// thread. The cut follows from what waits and from the limits alone; once sealed it is never cut again.
class input_queue {
public:
  struct amount {
    std::uint64_t records = 0; ///< of blocks
    std::uint64_t bytes = 0;
  };
  struct share {
    std::vector<log::split> splits; ///< in map-index order
    std::uint64_t bytes = 0;
    std::uint64_t records = 0; ///< of blocks; those of files are known when they have been read
    std::map<input_id, amount> inputs;
  };

  /// What the log says was sealed before.
  void sealed_before(input_id input, weir::epoch owner, block_sequence through);
  void sealed_before(input_id input, const std::string& path, const log::file_position& position);

  /// Adds the blocks that follow those known; earlier ones are ignored. False if one is missing in between: ask again.
  bool blocks_ready(input_id input, weir::epoch owner, const std::vector<log::block_header>& headers);
  /// The greatest sequence of (input, epoch) that has been added.
  block_sequence known_through(input_id input, weir::epoch owner) const;
  /// Adds files that are not known by name yet. A known, fully sealed file that has changed since is ignored, as in Spark.
  void files_found(input_id input, const std::vector<found_file>& files);
  /// Forgets files of which nothing more shall be sealed: the application drains.
  void drop_files();

  bool empty() const;
  /// Whether this block waits to be sealed.
  bool waits(const block_id& id) const;
  /// Bytes that wait to be sealed, over all inputs.
  std::uint64_t waiting_bytes() const;
  /// What waits of one input; of files without records.
  amount waiting(input_id input) const;
  /// Inputs that have something to seal.
  int waiting_inputs() const;

  /// Batches take no more than this of the input's files from now on; 0 = no bound of its own.
  void pace_files(input_id input, std::uint64_t bytes) { directories_[input].most_bytes = bytes; }

  /// Takes at most `max_bytes` out, fairly over the inputs; at least one block or a byte range if anything waits.
  share take(std::uint64_t max_bytes, std::uint64_t split_bytes);

private:
  struct line {
    block_sequence known;
    std::deque<log::block_header> blocks;
    amount waiting;
  };
  struct file {
    found_file what;
    std::uint64_t taken = 0;
  };
  struct directory {
    std::deque<file> unread;
    std::uint64_t most_bytes = 0;
    std::map<std::string, log::file_position> known; ///< by path
  };

  /// What the next batch may take of the input.
  std::uint64_t wanted_bytes(input_id input) const;
  void take_blocks(input_id input, std::uint64_t budget, std::uint64_t split_bytes, share& into);
  void take_files(input_id input, directory& from, std::uint64_t budget, std::uint64_t split_bytes, share& into);
  std::vector<input_id> inputs_with_work() const;

  std::map<std::pair<input_id, weir::epoch>, line> lines_;
  std::map<input_id, directory> directories_;
};

} // namespace weir::actors
