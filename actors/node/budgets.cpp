#include "actors/node/budgets.hpp"

#include <algorithm>

#include "libstream/base/text.hpp"

namespace weir::actors {

namespace {

using limits::kib;
using limits::mib;

/// An estimate; a word count that idles takes 10 to 20 MiB.
constexpr std::uint64_t base_bytes = 64 * mib;
/// Of the limit, for what the allocator keeps and rounds up to.
constexpr std::uint64_t allocator_share = 16;
constexpr std::uint64_t least_batch_bytes = 256 * kib;
constexpr std::uint64_t least_receiver_bytes = mib;
/// A task's table takes about this much for each byte of input if every word is another one.
constexpr std::uint64_t table_factor = 12;
/// A table that grows exists twice, once of half the size.
constexpr std::uint64_t most_task_bytes = limits::max_table_bytes * 3 / 2;
/// Of blocks, in one transaction; see the checkpoint writer.
constexpr std::uint64_t write_group_bytes = 8 * mib;

/// The budgets for batches of this size.
memory_budgets budgets_for(const memory_demand& demand, std::uint64_t batch) {
  memory_budgets made;
  made.batch_bytes = demand.batch_bytes.value_or(batch);
  made.receiver_bytes = demand.receiver_bytes.value_or(
    std::max(least_receiver_bytes, 2 * made.batch_bytes / std::max<std::uint64_t>(1, demand.inputs)));
  made.exchange_bytes = demand.exchange_bytes.value_or(3 * batch);
  made.staging_bytes = std::min(demand.unpublished_bytes, 2 * batch);
  made.all_receivers_bytes = demand.inputs * made.receiver_bytes;
  auto all_inputs = demand.batches_in_flight * made.batch_bytes;
  auto task_input =
    std::max<std::uint64_t>(limits::split_bytes, made.batch_bytes / std::max<std::uint64_t>(1, demand.partitions));
  made.task_bytes =
    std::min(table_factor * std::min(demand.executors * task_input, all_inputs), demand.executors * most_task_bytes);
  made.pool_bytes = std::min<std::uint64_t>(limits::pooled_bytes, demand.limit / 8);
  made.result_bytes = all_inputs;
  made.write_bytes = write_group_bytes + made.batch_bytes;
  made.base_bytes = base_bytes + demand.limit / allocator_share;
  return made;
}

} // namespace

/// With the limit the sum rises, too, but by less.
std::uint64_t least_memory_limit(memory_demand demand) {
  auto too_little = demand.limit / mib, enough = 2 * too_little + 1;
  auto does = [&](std::uint64_t limit) {
    demand.limit = limit * mib;
    return budgets_for(demand, least_batch_bytes).sum() <= demand.limit;
  };
  while (!does(enough))
    enough *= 2;
  while (enough - too_little > 1) {
    auto middle = too_little + (enough - too_little) / 2;
    (does(middle) ? enough : too_little) = middle;
  }
  return enough * mib;
}

result<memory_budgets> share_memory(const memory_demand& demand) {
  auto batch = std::uint64_t{limits::max_batch_bytes};
  auto made = budgets_for(demand, batch);
  while (made.sum() > demand.limit && batch > least_batch_bytes) {
    batch = std::max(least_batch_bytes, batch - batch / 8);
    made = budgets_for(demand, batch);
  }
  if (made.sum() > demand.limit) {
    return fail(error_code::configuration, format_size(demand.limit) + " is too little memory for the other settings",
                "memory.limit",
                "give at least " + format_size(least_memory_limit(demand)) + ", or set smaller budgets");
  }
  if (!demand.exchange_bytes)
    made.exchange_bytes += (demand.limit - made.sum()) / 2;
  return made;
}

std::uint64_t least_log_limit(const memory_demand& demand, const memory_budgets& budgets) {
  // The last batch that is sealed may go beyond what may be unpublished.
  return 4 * (budgets.all_receivers_bytes + budgets.batch_bytes + demand.unpublished_bytes + budgets.result_bytes);
}

} // namespace weir::actors
