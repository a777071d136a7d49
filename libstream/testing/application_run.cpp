#include "libstream/testing/application_run.hpp"

#include <algorithm>

#include "libstream/base/text.hpp"
#include "libstream/log/admission.hpp"
#include "libstream/plan/dated_data.hpp"
#include "libstream/plan/delivery.hpp"

namespace weir::testing {

namespace {

/// Fixed, so that a failure comes again.
constexpr std::uint64_t hash_seed = 42;

event_time time_of(std::int64_t time_ms) { return event_time{std::chrono::milliseconds{time_ms}}; }

/// Staged bytes of one part that came from several stages, one behind the other.
void join_parts(std::vector<plan::staged_output>& staged) {
  std::vector<plan::staged_output> joined;
  for (auto& part : staged)
    if (!joined.empty() && joined.back().output == part.output && joined.back().part == part.part) {
      joined.back().bytes += part.bytes;
      joined.back().records += part.records;
    } else {
      joined.push_back(std::move(part));
    }
  staged = std::move(joined);
}

} // namespace

const char* name_of(moment when) {
  constexpr const char* names[] = {"not sealed", "sealed but not computed", "computed but not committed",
                                   "committed but not published", "published but not known to be"};
  return names[static_cast<int>(when)];
}

application_run::application_run(const application& build, const driver_options& options, data_directory& directory,
                                 witness& outside)
  : options_{options}, directory_{directory}, outside_{outside} {
  build(*context_);
  auto lowered = context_->plan();
  if (!lowered)
    throw plan::plan_error{lowered.error()};
  plan_ = *lowered;
  for (auto& [name, digest] : plan_->static_data())
    tables_.push_back({name, digest});
  context_->begun_with(std::chrono::milliseconds{options_.interval_ms});
  std::vector<std::string> inputs{"text_input"};
  for (auto& receiver : plan_->receivers())
    inputs.push_back("receiver:" + receiver.name);
  directory_.open(inputs);
  tell([](auto& listener) { listener.on_streaming_started(event_time{}); });
}

std::uint32_t application_run::source_of(std::string_view receiver) const {
  std::vector<std::string> names;
  for (auto& known : plan_->receivers()) {
    names.push_back(known.name);
    if (known.name == receiver)
      return static_cast<std::uint32_t>(names.size());
  }
  auto nearest = nearest_name(receiver, names);
  throw plan::plan_error{
    {error_code::usage, "the plan has no such receiver stream", "input '" + std::string{receiver} + "'",
     nearest.empty() ? "name it with .named, and use it in an output" : "did you mean '" + nearest + "'?"}};
}

bool application_run::reads_text() const {
  return std::any_of(plan_->stages().begin(), plan_->stages().end(),
                     [](auto& stage) { return stage.reads_text && stage.source == 0; });
}

void application_run::recover() {
  for (auto& output : plan_->outputs())
    if (!output.named)
      throw plan::plan_error{{error_code::configuration, "with a data directory every output needs a name",
                              "output '" + output.name + "'", "write .named(\"...\") before write_to or print"}};
  auto unfinished = directory_.recover();
  log::program_parts parts{{}, tables_};
  for (auto& [name, digest] : plan::dated_digests_of(*plan_))
    parts.dated_tables.push_back({name, digest});
  for (auto& output : plan_->outputs())
    parts.outputs.insert(output.name);
  if (auto admitted = log::check_program(parts, unfinished); !admitted)
    throw plan::plan_error{admitted.error()};
  for (auto& batch : unfinished.publish_again) {
    publish(batch, describe(batch.sealed));
    directory_.finish(batch.sealed);
  }
  for (auto& batch : unfinished.run_again)
    finish(batch, std::nullopt);
}

void application_run::run(const log::batch_calendar::entry& batch, std::optional<moment> until) {
  if (until == moment::before_seal)
    return;
  finish(directory_.seal(batch, options_.records_per_split, tables_), until);
}

void application_run::finish(const log::batch_record& batch, std::optional<moment> until) {
  auto seen = describe(batch);
  tell([&](auto& listener) { listener.on_batch_submitted(seen); });
  if (until == moment::sealed)
    return;
  auto staged = compute(batch, seen);
  outside_.computed(batch.id, options_.partitions, plan_->outputs(), staged);
  if (until == moment::computed)
    return;
  auto committed = directory_.commit(batch, plan_->outputs(), staged);
  if (until == moment::committed)
    return;
  publish({batch, committed}, std::move(seen));
  if (until == moment::published)
    return;
  directory_.finish(batch);
}

std::vector<plan::staged_output> application_run::compute(const log::batch_record& batch, batch_info& seen) const {
  seen.processing_start = seen.batch_time;
  tell([&](auto& listener) { listener.on_batch_started(seen); });
  auto staged =
    plan::inline_batch{plan_, options_.partitions, hash_seed}.run(batch.id, batch.time_ms, directory_.read(batch));
  if (!staged) {
    for (auto& output : seen.outputs) { // a batch that fails fails all of them
      output_started(output);
      output_ended(output, staged.error().message());
    }
    batch_ended(seen);
    throw plan::plan_error{staged.error()};
  }
  join_parts(*staged);
  return std::move(*staged);
}

void application_run::publish(const log::committed_batch& batch, batch_info seen) {
  std::optional<plan::plan_error> first; // one output that fails keeps no other back
  for (auto& output : plan_->outputs()) {
    auto& operation = seen.outputs[output.index.value];
    output_started(operation);
    std::optional<std::string> failure;
    try {
      publish_output(output, batch.committed);
    } catch (const plan::plan_error& wrong) {
      failure = wrong.what();
      first = first ? first : wrong;
    }
    output_ended(operation, failure);
  }
  if (first)
    throw *first;
  outside_.ended(batch.committed.time_ms);
  batch_ended(seen);
}

void application_run::publish_output(const plan::output& output, const log::commit_record& batch) {
  std::vector<data::buffer_handle> bytes;
  plan::delivered_batch delivered{batch.id, batch.time_ms, {}, "test", output.name};
  for (auto& part : batch.parts)
    if (part.output == output.name) {
      bytes.push_back(directory_.staged(batch, part));
      delivered.parts.push_back({part.part, bytes.back()->view()});
    }
  for (auto& target : output.targets)
    if (target.destination && (!delivered.parts.empty() || target.destination->always_due()))
      deliver(*target.destination, delivered);
  for (std::size_t i = 0, shown = 0; i < batch.parts.size(); ++i)
    if (auto& part = batch.parts[i]; part.output == output.name)
      outside_.shown(output.name, batch.time_ms, part.part, bytes[shown++]->view());
}

void application_run::deliver(plan::delivery& destination, const plan::delivered_batch& batch) const {
  std::optional<error> problem;
  for (std::uint32_t tries = 0; tries < std::max(options_.max_task_failures, 1u); ++tries) {
    auto taken = plan::deliver(destination, batch);
    if (taken)
      return;
    problem = taken.error();
  }
  throw plan::plan_error{*problem};
}

batch_info application_run::describe(const log::batch_record& batch) const {
  batch_info info;
  info.id = batch.id;
  info.batch_time = info.submission = time_of(batch.time_ms);
  for (auto& [source, records] : directory_.records_of(batch)) {
    auto from = source == 0 ? "pushed" : plan_->receivers()[source - 1].name;
    info.inputs[input_id{source}] = {input_id{source}, records, from};
  }
  for (auto& output : plan_->outputs())
    info.outputs.push_back({info.batch_time, output.index, output.name, {}, {}, {}});
  return info;
}

void application_run::output_started(output_operation_info& output) const {
  output.start = output.batch_time;
  tell([&](auto& listener) { listener.on_output_operation_started(output); });
}

void application_run::output_ended(output_operation_info& output, const std::optional<std::string>& failure) const {
  output.end = output.batch_time;
  output.failure_reason = failure;
  tell([&](auto& listener) { listener.on_output_operation_completed(output); });
}

void application_run::batch_ended(batch_info& seen) const {
  seen.processing_end = seen.batch_time;
  tell([&](auto& listener) { listener.on_batch_completed(seen); });
}

} // namespace weir::testing
