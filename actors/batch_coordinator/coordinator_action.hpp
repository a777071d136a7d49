#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "actors/block_store/messages.hpp"
#include "actors/checkpoint_writer/messages.hpp"
#include "actors/node/role.hpp"
#include "actors/partition_executor/messages.hpp"
#include "actors/receiver/messages.hpp"
#include "actors/sinks/messages.hpp"
#include "libstream/base/error.hpp"

/// What `coordinator_core` wants done, as plain values: the shell carries them out in their order, a test looks at them.
namespace weir::actors {

/// All that a coordinator says to other actors.
using coordinator_message =
  std::variant<claim_coordination, open_epoch, seal_batch, amend_batch, commit_batch, finish_batch, report_blocks,
               release_blocks, input_opened, drain_input, report_input, limit_rate, run_batch, forget_batch,
               publish_batch, count_offsets, offsets_taken, report_blocks_behind, epoch_refused>;

struct send_to {
  address to;
  coordinator_message message;
};

/// To everybody of this role.
struct send_to_all {
  role to;
  coordinator_message message;
};

/// A named place where an experiment may kill the process: what stands before it has been sent, what stands behind it has not.
struct at_fault_point {
  const char* name;
};

enum class coordinator_timer { tick, idle_check, retry };

/// Call `tick`, `check_idle` or `retry` after this time.
struct start_timer {
  coordinator_timer timer;
  std::chrono::microseconds after;
};

/// Read what the log holds of batches and inputs, then call `recovered` with this epoch.
struct read_recovered {
  weir::epoch claimed;
};

/// Read what the log says of these partitions, then call `positions_read`.
struct read_positions {
  std::vector<std::pair<input_id, std::string>> partitions;
};

/// The application cannot go on.
struct fail_application {
  error why;
};

/// A promise is broken; the application goes on, and ends with this error.
struct spoil_application {
  error why;
};

/// Nothing has come for so long that the application should end.
struct say_idle {};

/// The application has drained.
struct say_finished {};

/// This coordinator ends, and a successor begins.
struct quit {};

using coordinator_action =
  std::variant<send_to, send_to_all, at_fault_point, start_timer, read_recovered, read_positions, fail_application,
               spoil_application, say_idle, say_finished, quit>;

/// In the order in which they shall be carried out.
using coordinator_actions = std::vector<coordinator_action>;

} // namespace weir::actors
