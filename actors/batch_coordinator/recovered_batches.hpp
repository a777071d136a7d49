#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "libstream/base/error.hpp"
#include "libstream/base/ids.hpp"
#include "libstream/log/readable_logs.hpp"
#include "libstream/log/recovery.hpp"

namespace weir::actors {

struct application_services;
struct node_services;

/// What a coordinator that starts anew learns from the log. A plain value.
struct recovered_batches {
  batch_id last;                                               ///< the newest number that was ever sealed
  std::int64_t last_time_ms = 0;                               ///< times of coming batches are later
  std::vector<log::batch_record> open;                         ///< sealed and not committed
  std::vector<log::commit_record> unpublished;                 ///< committed and not published by all outputs
  std::map<batch_id, std::uint64_t> unpublished_input_bytes{}; ///< of these: what the log still holds of their input
  /// What batches that are not committed do not leave out any more, see `log::settle_exclusions`.
  std::vector<std::pair<batch_id, log::exclusion>> reconsidered;

  /// Blocks of this epoch of an input are in batches up to `through`.
  struct sealed_blocks {
    input_id input;
    weir::epoch epoch;
    block_sequence through;
  };
  std::vector<sealed_blocks> sealed;

  /// A file of which a batch has read the beginning.
  struct begun_partition {
    input_id input;
    std::string name;
    log::partition_position position;
  };
  std::vector<begun_partition> begun; ///< in the order in which they are read
};

/// Reads the log, so it blocks. Only once no older coordinator can write any more: then it stays true until the one that asks changes it.
/// Error 78: see `log::check_program`.
result<recovered_batches> recover_batches(const application_services& application, const node_services& node,
                                          const log::readable_batch_log& log);

/// Whether the program can finish what the log has begun. Error 78: committed results wait for an output that it no longer has, static data
/// has changed, or an input that is given up is still needed.
result<void> check_unfinished(const application_services& application, const log::recovery_plan& plan);

} // namespace weir::actors
