#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "libstream/log/data_directory.hpp"
#include "libstream/log/positions.hpp"
#include "libstream/log/recovery.hpp"

/// What `weir log` shows, collected first and printed afterwards.
namespace weir::tool {

/// Consecutive blocks of one epoch.
struct run_of_blocks {
  weir::epoch epoch;
  block_sequence first;
  block_sequence last;
};

struct input_summary {
  input_id input;
  std::string name; ///< empty if the log has records of an input that it does not name
  std::map<weir::epoch, log::epoch_position> epochs;
  std::map<std::string, log::producer_position> producers;
  std::map<std::string, log::partition_position> partitions; ///< of what can be read again
  std::uint64_t blocks = 0;
  std::uint64_t bytes = 0;
  std::uint64_t records = 0;
  std::uint64_t unsealed = 0; ///< of the blocks
  std::vector<run_of_blocks> runs;
};

struct batch_summary {
  log::batch_record sealed;
  bool committed = false;
  std::vector<log::staged_part> staged; ///< of a committed batch
};

struct log_summary {
  std::string directory;
  log::application_record application;
  weir::epoch coordinator;
  std::vector<input_summary> inputs;
  std::vector<batch_summary> batches;
  std::optional<log::last_batch> last;
  std::uint64_t log_bytes = 0;
};

/// Errors as the log gives them.
result<log_summary> summarize(const std::string& directory, const log::directory_view& view);

std::string as_json(const log_summary& summary);
std::string as_text(const log_summary& summary);

} // namespace weir::tool
