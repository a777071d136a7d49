#pragma once

#include <set>
#include <string>
#include <vector>

#include "libstream/base/error.hpp"
#include "libstream/log/recovery.hpp"

/// Whether a program may finish what the log has begun. Every runtime asks here before it publishes or computes anything. Pure.
namespace weir::log {

/// What is asked of a program.
struct program_parts {
  std::set<std::string> outputs;    ///< stable names
  std::vector<static_table> tables; ///< static data as it is now
};

/// Error 78: committed results wait for an output that the program no longer has, or static data has changed since a batch was sealed with it.
result<void> check_program(const program_parts& program, const recovery_plan& unfinished);

} // namespace weir::log
