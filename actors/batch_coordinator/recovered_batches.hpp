#pragma once

#include <vector>

#include "actors/batch_coordinator/input_queue.hpp"
#include "actors/node/services.hpp"
#include "libstream/log/recovery.hpp"

namespace weir::actors {

/// What a coordinator that starts anew finds in the log.
struct recovered_batches {
  batch_id last;                               ///< the newest number that was ever sealed
  std::int64_t last_time_ms = 0;               ///< times of coming batches are later
  std::vector<log::batch_record> open;         ///< sealed and not committed
  std::vector<log::commit_record> unpublished; ///< committed and not published by all outputs
  /// What batches that are not committed do not leave out any more, see `log::settle_exclusions`.
  std::vector<std::pair<batch_id, log::exclusion>> reconsidered;
};

/// Reads the log and tells `queue` what of each input is in batches already. Only once no older coordinator can write any more.
/// Error 78: see `log::check_program`.
result<recovered_batches> recover_batches(const services& services, input_queue& queue);

/// Whether the program can finish what the log has begun. Error 78: committed results wait for an output that it no longer has, static data
/// has changed, or an input that is given up is still needed.
result<void> check_unfinished(const services& services, const log::recovery_plan& plan);

} // namespace weir::actors
