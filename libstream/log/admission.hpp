#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "libstream/base/error.hpp"
#include "libstream/log/recovery.hpp"

/// Whether a program may finish what the log has begun. Every runtime asks here before it publishes or computes anything. Pure.
namespace weir::log {

/// The operators of a stage.
struct stage_parts {
  bool reads_input = false;              ///< its tasks have records of the input, otherwise keys
  std::map<std::string, bool> operators; ///< by name: whether the user gave it
};

/// What is asked of a program.
struct program_parts {
  std::set<std::string> outputs = {};    ///< stable names
  std::vector<static_table> tables = {}; ///< static data as it is now
  std::vector<stage_parts> stages = {};
  std::uint64_t plan = 0; ///< fingerprint
  std::vector<static_table> dated_tables =
    {}; ///< the same data, as older programs told its version (`plan/dated_data.hpp`)
};

/// Error 78: committed results wait for an output that the program no longer has, or static data has changed since a batch was sealed with it.
result<void> check_program(const program_parts& program, const recovery_plan& unfinished);

/// Moves what a batch leaves out to where the operators of these names stand in this program. Answers with those that were dropped, as their
/// operator is gone, or has no name of its own and the program is another one: they might hit an operator that never failed. Nothing is lost by
/// that. Nobody has seen anything of a batch that is not committed, and an operator that fails on it again leaves it out again.
std::vector<exclusion> settle_exclusions(batch_record& batch, const program_parts& program);

} // namespace weir::log
