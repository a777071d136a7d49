#include "apps/weir/log_summary.hpp"

#include <nlohmann/json.hpp>
#include <sstream>

#include "libstream/base/text.hpp"
#include "libstream/log/keys.hpp"

namespace weir::tool {

namespace {

using json = nlohmann::ordered_json;

input_summary& input_of(std::vector<input_summary>& inputs, input_id input) {
  for (auto& known : inputs)
    if (known.input == input)
      return known;
  inputs.push_back({});
  inputs.back().input = input;
  return inputs.back();
}

void count_block(input_summary& input, const log::block_header& header) {
  ++input.blocks;
  input.bytes += header.bytes;
  input.records += header.records;
  auto epoch = input.epochs.find(header.id.epoch);
  if (epoch == input.epochs.end() || epoch->second.sealed_to < header.id.sequence)
    ++input.unsealed;
  if (!input.runs.empty() && input.runs.back().epoch == header.id.epoch &&
      input.runs.back().last.next() == header.id.sequence)
    input.runs.back().last = header.id.sequence;
  else
    input.runs.push_back({header.id.epoch, header.id.sequence, header.id.sequence});
}

result<void> collect_positions(std::vector<input_summary>& inputs, const log::store& from) {
  for (auto& input : inputs) {
    auto producers = log::read_producers(from, input.input);
    if (!producers)
      return tl::make_unexpected(producers.error());
    input.producers = std::move(*producers);
    auto partitions = log::read_partitions(from, input.input);
    if (!partitions)
      return tl::make_unexpected(partitions.error());
    input.partitions = std::move(*partitions);
  }
  return {};
}

json range_json(const log::split& split) {
  json ranges = json::array();
  for (const auto& range : split.blocks)
    ranges.push_back({{"input", range.input.value},
                      {"epoch", range.epoch.value},
                      {"first", range.first.value},
                      {"last", range.last.value}});
  for (const auto& range : split.ranges)
    ranges.push_back(
      {{"input", range.input.value}, {"partition", range.partition}, {"from", range.from}, {"to", range.to}});
  return ranges;
}

json input_json(const input_summary& input) {
  json epochs = json::array();
  for (const auto& [epoch, position] : input.epochs)
    epochs.push_back({{"epoch", epoch.value}, {"sealed_to", position.sealed_to.value}});
  json runs = json::array();
  for (const auto& run : input.runs)
    runs.push_back({{"epoch", run.epoch.value}, {"first", run.first.value}, {"last", run.last.value}});
  json producers = json::array();
  for (const auto& [name, position] : input.producers)
    producers.push_back({{"producer", name}, {"last", position.last}, {"left", position.left}});
  json partitions = json::array();
  for (const auto& [name, position] : input.partitions)
    partitions.push_back({{"partition", name}, {"end", position.end}, {"sealed_to", position.sealed_to}});
  return {{"input", input.input.value},
          {"name", input.name},
          {"epochs", epochs},
          {"blocks",
           {{"count", input.blocks},
            {"unsealed", input.unsealed},
            {"bytes", input.bytes},
            {"records", input.records},
            {"ranges", runs}}},
          {"producers", producers},
          {"partitions", partitions}};
}

json amendment_json(const log::amendment& amendment) {
  json excluded = json::array();
  for (const auto& each : amendment.excluded)
    excluded.push_back({{"stage", each.stage.value},
                        {"task", each.task.value},
                        {"position", each.position},
                        {"of_key", each.of_key},
                        {"operator", each.operator_name},
                        {"problem", each.problem}});
  return {{"number", amendment.number}, {"skipped", amendment.skipped}, {"excluded", excluded}};
}

json batch_json(const batch_summary& batch) {
  json ranges = json::array();
  for (const auto& split : batch.sealed.splits)
    for (auto& range : range_json(split))
      ranges.push_back(std::move(range));
  json staged = json::array();
  for (const auto& part : batch.staged)
    staged.push_back({{"output", part.output}, {"part", part.part}, {"bytes", part.bytes}, {"records", part.records}});
  json summary{{"batch", batch.sealed.id.value},
               {"time_ms", batch.sealed.time_ms},
               {"status", batch.committed ? "committed" : "sealed"},
               {"records", batch.sealed.records},
               {"bytes", batch.sealed.bytes},
               {"ranges", ranges},
               {"staged", staged}};
  if (batch.sealed.amendment.number > 0)
    summary["amendment"] = amendment_json(batch.sealed.amendment);
  return summary;
}

std::string blocks_text(const std::vector<run_of_blocks>& runs) {
  std::string text;
  for (const auto& run : runs)
    text += (text.empty() ? "" : ", ") + std::string{"epoch "} + std::to_string(run.epoch.value) + " seq " +
            std::to_string(run.first.value) + ".." + std::to_string(run.last.value);
  return text.empty() ? "none" : text;
}

void print_input(std::ostream& out, const input_summary& input) {
  out << "input " << input.input.value << "  " << (input.name.empty() ? "(not registered)" : log::printable(input.name))
      << '\n';
  out << "  blocks     " << input.blocks << " (" << format_size(input.bytes) << ", " << input.records << " records, "
      << input.unsealed << " not sealed): " << blocks_text(input.runs) << '\n';
  for (const auto& [epoch, position] : input.epochs)
    out << "  epoch      " << epoch.value << ", sealed to seq " << position.sealed_to.value << '\n';
  for (const auto& [name, position] : input.producers)
    out << "  producer   " << log::printable(name) << ", last " << position.last
        << (position.left ? ", said goodbye" : "") << '\n';
  for (const auto& [name, position] : input.partitions)
    out << "  partition  " << log::printable(name) << ", " << position.sealed_to << " of " << position.end
        << " sealed\n";
}

void print_batch(std::ostream& out, const batch_summary& batch) {
  out << "batch " << batch.sealed.id.value << "  time " << batch.sealed.time_ms << "  "
      << (batch.committed ? "committed" : "sealed") << "  " << batch.sealed.records << " records, "
      << format_size(batch.sealed.bytes) << '\n';
  for (const auto& split : batch.sealed.splits) {
    for (const auto& range : split.blocks)
      out << "  input " << range.input.value << " epoch " << range.epoch.value << " seq " << range.first.value << ".."
          << range.last.value << '\n';
    for (const auto& range : split.ranges)
      out << "  input " << range.input.value << " partition " << log::printable(range.partition) << " offsets "
          << range.from << ".." << range.to << '\n';
  }
  if (batch.sealed.amendment.skipped)
    out << "  skipped, as a user function fails on it\n";
  for (const auto& each : batch.sealed.amendment.excluded)
    out << "  leaves out " << each.position << " of stage " << each.stage.value << ", task " << each.task.value << ": "
        << log::printable(each.operator_name) << ": " << log::printable(each.problem) << '\n';
}

} // namespace

result<log_summary> summarize(const std::string& directory, const log::directory_view& view) {
  log_summary summary;
  summary.directory = directory;
  summary.application = view.application;
  summary.log_bytes = view.store->size_bytes();
  auto contents = log::read_contents(*view.store);
  if (!contents)
    return tl::make_unexpected(contents.error());
  auto inputs = log::read_inputs(*view.store);
  if (!inputs)
    return tl::make_unexpected(inputs.error());
  for (auto& input : *inputs)
    input_of(summary.inputs, input.input).name = input.name;
  for (const auto& [owner, position] : contents->epochs)
    input_of(summary.inputs, owner.first).epochs.emplace(owner.second, position);
  for (const auto& [id, header] : contents->blocks)
    count_block(input_of(summary.inputs, id.input), header);
  if (auto collected = collect_positions(summary.inputs, *view.store); !collected)
    return tl::make_unexpected(collected.error());
  for (auto& [id, batch] : contents->batches) {
    auto commit = contents->commits.find(id);
    bool committed = commit != contents->commits.end();
    summary.batches.push_back(
      {std::move(batch), committed, committed ? std::move(commit->second.parts) : std::vector<log::staged_part>{}});
  }
  summary.last = contents->last;
  auto coordinator = log::read_coordinator_epoch(*view.store);
  if (!coordinator)
    return tl::make_unexpected(coordinator.error());
  summary.coordinator = *coordinator;
  return summary;
}

std::string as_json(const log_summary& summary) {
  json inputs = json::array();
  for (const auto& input : summary.inputs)
    inputs.push_back(input_json(input));
  json batches = json::array();
  for (const auto& batch : summary.batches)
    batches.push_back(batch_json(batch));
  json whole = {{"directory", summary.directory},
                {"format", summary.application.format},
                {"application", summary.application.application},
                {"directory_id", summary.application.directory_id},
                {"partitions", summary.application.partitions},
                {"batch_interval_us", summary.application.interval_us},
                {"coordinator_epoch", summary.coordinator.value},
                {"log_bytes", summary.log_bytes},
                {"inputs", inputs},
                {"batches", batches},
                {"last_batch", nullptr},
                {"state", json::array()}};
  if (summary.last)
    whole["last_batch"] = {{"batch", summary.last->id.value}, {"time_ms", summary.last->time_ms}};
  // Names come from outside: they need not be UTF-8, and may hold commands for a terminal: so ASCII alone.
  return whole.dump(2, ' ', true, json::error_handler_t::replace) + "\n";
}

std::string as_text(const log_summary& summary) {
  std::ostringstream out;
  out << log::printable(summary.directory) << ": " << log::printable(summary.application.application) << ", format "
      << summary.application.format << ", " << summary.application.partitions << " partitions, batches of "
      << format_duration(std::chrono::microseconds{summary.application.interval_us}) << ", log of "
      << format_size(summary.log_bytes) << '\n';
  for (const auto& input : summary.inputs)
    print_input(out, input);
  if (summary.batches.empty())
    out << "no batch is unfinished\n";
  for (const auto& batch : summary.batches)
    print_batch(out, batch);
  if (summary.last)
    out << "last batch " << summary.last->id.value << ", time " << summary.last->time_ms << '\n';
  return out.str();
}

} // namespace weir::tool
