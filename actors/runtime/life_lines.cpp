#include "actors/runtime/life_lines.hpp"

namespace weir::actors {

namespace {

void append(std::string& list, const std::string& item) { list += (list.empty() ? "" : ", ") + item; }

std::string place_of(const plan::output_target& target) {
  using enum plan::output_target::kind;
  switch (target.what) {
    case text: // or whatever the operator wrote into the files
      return "files " + (target.prefix.empty() ? "" : target.prefix + "-") + "TIME" +
             (target.suffix.empty() ? "" : "." + target.suffix);
    case print: return "print";
    case program: break;
  }
  return "the program";
}

/// What holds across a crash, as docs/outputs.md has it.
std::string guarantee_of(const plan::output_target& target, bool has_log) {
  if (!has_log)
    return "nothing after a crash";
  return target.what == plan::output_target::kind::text ? "exactly once" : "at least once";
}

std::string inputs_of(const settings& from) {
  std::string list;
  for (auto& input : from.inputs)
    if (input.what() != input_url::kind::given_up)
      append(list, input.text());
  return list;
}

std::string outputs_of(const plan::physical_plan& plan, bool has_log) {
  std::string list;
  for (auto& output : plan.outputs())
    for (auto& target : output.targets)
      append(list, output.name + " to " + place_of(target) + " (" + guarantee_of(target, has_log) + ")");
  return list;
}

std::string places_of(const plan::output& output) {
  std::string list;
  for (auto& target : output.targets)
    append(list, place_of(target));
  return list;
}

std::string number_of(std::uint64_t count, const std::string& singular, const std::string& many) {
  return std::to_string(count) + " " + (count == 1 ? singular : many);
}

std::string words_of(const left_out& losses) {
  std::string list;
  if (losses.batches > 0)
    append(list, number_of(losses.batches, "batch", "batches") + " (skipped)");
  if (losses.records > 0)
    append(list, number_of(losses.records, "record or key", "records or keys") + " (isolated)");
  if (losses.batches_of_output > 0)
    append(list, number_of(losses.batches_of_output, "batch", "batches") + " of a single output");
  return list;
}

std::string end_of(const std::optional<error>& failure, bool drained, const left_out& losses) {
  if (failure)
    return "the application ends because of an error: " + failure->message();
  if (!drained)
    return "the application was stopped at once: its log keeps what is not published";
  if (losses.anything())
    return "the application has drained: it has left out " + words_of(losses) +
           "; all other records that it took are published";
  return "the application has drained: all records that it took are published";
}

} // namespace

event started_line(const std::string& application, const std::string& data_dir, const settings& from,
                   const plan::physical_plan& plan) {
  auto has_log = !data_dir.empty();
  return {.name = "started",
          .level = log_level::notice,
          .message = has_log ? application + " starts on the data directory " + data_dir
                             : application + " starts without a data directory: a crash loses what is not published",
          .more = {{"application", application},
                   {"data_dir", has_log ? data_dir : "none"},
                   {"inputs", inputs_of(from)},
                   {"outputs", outputs_of(plan, has_log)}}};
}

std::map<std::string, std::string> about_actors(const settings& from, const plan::physical_plan& plan) {
  std::map<std::string, std::string> about;
  for (auto& output : plan.outputs())
    about[to_string(address{role::sink, output.index.value})] = output.name + " to " + places_of(output);
  for (std::uint32_t i = 0; i < from.inputs.size(); ++i)
    about[to_string(address{role::receiver, i})] = from.inputs[i].text();
  return about;
}

event draining_line(const std::string& work, std::chrono::milliseconds limit) {
  return {.name = "draining",
          .level = log_level::notice,
          .message = "the application takes no more input and waits for " + work + ", " +
                     std::to_string(limit.count()) + " ms at most",
          .more = {}};
}

event ended_line(const std::optional<error>& failure, bool drained, const observation& seen, std::int64_t uptime_ms) {
  return {.name = "ended",
          .level = log_level::notice,
          .message = end_of(failure, drained, seen.left_out),
          .more = {{"records_received", std::to_string(seen.received_records)},
                   {"records_processed", std::to_string(seen.counts.processed_records)},
                   {"batches_completed", std::to_string(seen.counts.completed)},
                   {"actor_restarts", std::to_string(seen.restarts)},
                   {"uptime_ms", std::to_string(uptime_ms)}}};
}

} // namespace weir::actors
