#include "actors/batch_coordinator/recovered_batches.hpp"

#include "actors/node/replayable_inputs.hpp"
#include "libstream/log/admission.hpp"
#include "libstream/plan/dated_data.hpp"

namespace weir::actors {

namespace {

log::program_parts parts_of(const application_services& application) {
  log::program_parts parts;
  parts.tables = application.static_tables;
  if (!application.plan)
    return parts;
  parts.plan = application.plan->fingerprint();
  for (auto& [name, digest] : plan::dated_digests_of(*application.plan))
    parts.dated_tables.push_back({name, digest});
  for (auto& output : application.plan->outputs())
    parts.outputs.insert(output.name);
  for (auto& stage : application.plan->stages()) {
    auto& here = parts.stages.emplace_back();
    here.reads_input = stage.reads_text;
    for (auto& each : stage.operators)
      here.operators.emplace(each.name, each.by_user);
  }
  return parts;
}

/// Of a file that a batch has read in part the rest is read, also if the file is not found any more, so that nothing is left out in silence.
result<void> recover_files(const application_services& application, const node_services& node,
                           const log::readable_batch_log& log, recovered_batches& into) {
  for (std::uint32_t i = 0; i < application.settings.inputs.size(); ++i) {
    if (!directory_of(application, node, input_id{i}))
      continue;
    auto begun = log.read_begun_partitions(input_id{i});
    if (!begun)
      return tl::make_unexpected(begun.error());
    for (auto& [name, position] : *begun)
      into.begun.push_back({input_id{i}, name, position});
  }
  return {};
}

bool is_given_up(const application_services& application, input_id input) {
  auto& inputs = application.settings.inputs;
  return input.value < inputs.size() && inputs[input.value].what() == input_url::kind::given_up;
}

/// The program reads what the log holds of it.
bool has_reader(const application_services& application, input_id input) {
  return application.settings.inputs[input.value].source() != UINT32_MAX;
}

tl::unexpected<error> still_needed(const application_services& application, input_id input, const std::string& by) {
  return fail(error_code::configuration,
              "the input cannot be given up yet: " + application.settings.inputs[input.value].text() +
                " is needed by " + by,
              "--forget-input", "run the program once more with it, so that what was taken of it is counted");
}

/// What was taken of an input is not lost by giving it up.
result<void> check_given_up(const application_services& application, const log::recovery_plan& plan) {
  for (auto& batch : plan.run_again)
    for (auto& split : batch.splits)
      if (is_given_up(application, split.input()) && (!split.ranges.empty() || !has_reader(application, split.input())))
        return still_needed(application, split.input(),
                            "batch " + std::to_string(batch.id.value) + ", which is not committed");
  for (auto& blocks : plan.unsealed)
    if (is_given_up(application, blocks.input) && !has_reader(application, blocks.input))
      return still_needed(application, blocks.input, "records that were acknowledged and are in no batch");
  return {};
}

} // namespace

result<void> check_unfinished(const application_services& application, const log::recovery_plan& plan) {
  if (auto admitted = log::check_program(parts_of(application), plan); !admitted)
    return admitted;
  return check_given_up(application, plan);
}

result<recovered_batches> recover_batches(const application_services& application, const node_services& node,
                                          const log::readable_batch_log& log) {
  auto plan = log.recover();
  if (!plan)
    return tl::make_unexpected(plan.error());
  auto last = log.read_last_batch();
  auto epochs = log.read_epochs();
  if (!last || !epochs)
    return tl::make_unexpected(last ? epochs.error() : last.error());
  recovered_batches recovered;
  if (auto possible = check_unfinished(application, *plan); !possible)
    return tl::make_unexpected(possible.error());
  auto parts = parts_of(application);
  if (*last)
    recovered.last = (*last)->id;
  recovered.last_time_ms = plan->last_time_ms;
  for (auto& [key, position] : *epochs)
    recovered.sealed.push_back({key.first, key.second, position.sealed_to});
  for (auto& batch : plan->publish_again) {
    recovered.unpublished_input_bytes[batch.sealed.id] = batch.sealed.bytes;
    recovered.unpublished.push_back(std::move(batch.committed));
  }
  recovered.open = std::move(plan->run_again);
  for (auto& batch : recovered.open)
    for (auto& each : log::settle_exclusions(batch, parts))
      recovered.reconsidered.emplace_back(batch.id, each);
  if (auto files = recover_files(application, node, log, recovered); !files)
    return tl::make_unexpected(files.error());
  return recovered;
}

} // namespace weir::actors
