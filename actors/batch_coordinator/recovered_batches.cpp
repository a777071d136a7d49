#include "actors/batch_coordinator/recovered_batches.hpp"

#include <algorithm>

#include "actors/node/replayable_inputs.hpp"
#include "libstream/log/batch_log.hpp"
#include "libstream/log/positions.hpp"
#include "libstream/log/recovery.hpp"

namespace weir::actors {

namespace {

/// A committed batch may hold results of an output that the program no longer has: they must not vanish in silence.
result<void> check_outputs(const plan::physical_plan& plan, const log::commit_record& commit) {
  auto& known = plan.outputs();
  for (auto& part : commit.parts)
    if (std::none_of(known.begin(), known.end(), [&](auto& output) { return output.name == part.output; }))
      return fail(error_code::configuration, "committed results wait for an output that the program no longer has",
                  "batch " + std::to_string(commit.id.value) + ", output '" + part.output + "'",
                  "run the program that has it once more, so that it publishes them");
  return {};
}

/// A batch that was begun with other static data would show half of each.
result<void> check_tables(const services& services, const log::batch_record& batch) {
  for (auto& table : batch.tables)
    for (auto& now : services.static_tables)
      if (now.name == table.name && now.digest != table.digest)
        return fail(
          error_code::configuration, "static data has changed since the batch was sealed",
          "batch " + std::to_string(batch.id.value) + ", operator " + table.name,
          "run the program once more with the data it had, so that it finishes the batch; name tables that are "
          "others than before");
  return {};
}

/// Of a file that a batch has read in part the rest is read, also if the file is not found any more, so that nothing is left out in silence.
result<void> recover_files(const services& services, input_queue& queue) {
  for (std::uint32_t i = 0; i < services.settings.inputs.size(); ++i) {
    if (!directory_of(services, input_id{i}))
      continue;
    auto begun = log::read_begun_partitions(*services.store, input_id{i});
    if (!begun)
      return tl::make_unexpected(begun.error());
    for (auto& [name, position] : *begun)
      queue.begun_before(input_id{i}, name, position);
  }
  return {};
}

} // namespace

result<recovered_batches> recover_batches(const services& services, input_queue& queue) {
  auto plan = log::recover(*services.store);
  if (!plan)
    return tl::make_unexpected(plan.error());
  auto last = log::read_last_batch(*services.store);
  auto epochs = log::read_epochs(*services.store);
  if (!last || !epochs)
    return tl::make_unexpected(last ? epochs.error() : last.error());
  recovered_batches found;
  if (*last)
    found.last = (*last)->id;
  for (auto& [key, position] : *epochs)
    queue.sealed_before(key.first, key.second, position.sealed_to);
  for (auto& batch : plan->publish_again) {
    if (auto known = check_outputs(*services.plan, batch.committed); !known)
      return tl::make_unexpected(known.error());
    found.unpublished.push_back(std::move(batch.committed));
  }
  found.open = std::move(plan->run_again);
  for (auto& batch : found.open)
    if (auto same = check_tables(services, batch); !same)
      return tl::make_unexpected(same.error());
  if (auto files = recover_files(services, queue); !files)
    return tl::make_unexpected(files.error());
  return found;
}

} // namespace weir::actors
