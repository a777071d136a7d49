#pragma once

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "libstream/log/batch_log.hpp"
#include "libstream/log/records.hpp"
#include "libstream/log/store.hpp"

/// What a start must do, decided from what the log holds and nothing else.
///
///   sealed, not committed ──▶ run again with the same ranges
///   committed, not done   ──▶ publish again
///   blocks behind sealed_to ─▶ seal into coming batches, in their order
namespace weir::log {

using input_epoch = std::pair<input_id, epoch>;

/// All that recovery looks at.
struct log_contents {
  std::map<input_epoch, epoch_position> epochs;
  std::map<block_id, block_header> blocks;
  std::map<batch_id, batch_record> batches;
  std::map<batch_id, commit_record> commits;
  std::set<std::string> staged; ///< keys
  std::optional<last_batch> last;
};

/// Durable blocks of one (input, epoch) that are in no batch yet, in sequence.
struct unsealed_blocks {
  input_id input;
  weir::epoch epoch;
  std::vector<block_header> headers;
};

struct recovery_plan {
  std::vector<batch_record> run_again;        ///< in order of their numbers
  std::vector<committed_batch> publish_again; ///< in order of their numbers
  std::vector<unsealed_blocks> unsealed;      ///< older epochs of an input first; without empty ones
  batch_id first_free_batch;                  ///< numbers below were used
  std::int64_t last_time_ms = 0;              ///< times of coming batches are greater; 0 = no batch yet
};

/// Reads every table, records only. Checks on the way that each record decodes.
result<log_contents> read_contents(const store& from);

/// Pure. A state that no order of crashes can leave behind is error 65 that names the record.
result<recovery_plan> plan_recovery(const log_contents& contents);

/// Both.
result<recovery_plan> recover(const store& from);

/// Reads every value of every table; `with_payload` also verifies all bytes. Answers how many values there are, or the first
/// error in table and key order.
result<std::uint64_t> verify(const store& of, bool with_payload);

/// All that a start wants of a log: `verify`, that every record decodes, and that recovery knows what to do. Errors: 65.
result<std::uint64_t> check_content(const store& of, bool with_payload);

} // namespace weir::log
