#pragma once

#include <cstdint>
#include <optional>

#include "libstream/base/error.hpp"
#include "libstream/base/limits.hpp"

namespace weir::actors {

/// What bears on the memory of one node. What is absent follows from the limit.
struct memory_demand {
  std::uint64_t limit = limits::memory_limit;
  std::uint64_t inputs = 1;
  std::uint64_t executors = 1;
  std::uint64_t partitions = 2;
  std::uint64_t batches_in_flight = limits::max_batches_in_flight;
  std::uint64_t unpublished_bytes = limits::max_unpublished_bytes;
  std::optional<std::uint64_t> batch_bytes;
  std::optional<std::uint64_t> receiver_bytes; ///< of each input
  std::optional<std::uint64_t> exchange_bytes;
};

/// How `memory.limit` is shared. All in bytes; the sum stays within the limit.
struct memory_budgets {
  // Held to by whoever has it.
  std::uint64_t batch_bytes = 0;
  std::uint64_t receiver_bytes = 0; ///< of each input: blocks from their arrival to the commit
  std::uint64_t exchange_bytes = 0;
  std::uint64_t staging_bytes = 0; ///< of committed batches

  // Follows from a batch's bytes.
  std::uint64_t all_receivers_bytes = 0;
  std::uint64_t task_bytes = 0;   ///< tables of all tasks that run at a time
  std::uint64_t result_bytes = 0; ///< staged and not yet committed, taken to be no more than the input
  std::uint64_t write_bytes = 0;  ///< one transaction of the log
  std::uint64_t pool_bytes = 0;   ///< memory of ended tasks, kept for the next
  std::uint64_t base_bytes = 0;   ///< program, stacks, pages of the log's map, and what the allocator keeps

  std::uint64_t sum() const {
    return all_receivers_bytes + exchange_bytes + staging_bytes + task_bytes + result_bytes + write_bytes + pool_bytes +
           base_bytes;
  }
};

/// A pure function. Error 78 if the limit is too small for one small batch, or for what was set; it says the least that would do.
result<memory_budgets> share_memory(const memory_demand& demand);

/// The least limit with which `share_memory` succeeds, in whole MiB.
std::uint64_t least_memory_limit(memory_demand demand);

/// The least `log.limit`. Of what the limit is, a quarter may be the input of batches that are not published (their blocks go with them); as
/// much must do for what no batch has committed yet and for staged results; and both may take twice the room, as a file whose pages are
/// freed and used again grows to that. So the log never gets full: sealing pauses before, then the receivers stop reading.
std::uint64_t least_log_limit(const memory_demand& demand, const memory_budgets& budgets);

/// The quarter: committed input that may wait for publication before sealing pauses.
inline std::uint64_t unpublished_input_bytes(std::uint64_t log_limit) { return log_limit / 4; }

} // namespace weir::actors
