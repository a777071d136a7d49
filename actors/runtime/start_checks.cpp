#include "actors/runtime/start_checks.hpp"

#include <algorithm>
#include <filesystem>

#include "actors/node/process_limits.hpp"
#include "actors/runtime/tree.hpp"
#include "actors/sinks/output_mark.hpp"
#include "actors/sources/directory_listing.hpp"
#include "actors/sources/feeds.hpp"

namespace weir::actors {

namespace {

result<void> check_system(const runtime_options& options) {
  if (options.system && !is_prepared(options.system->config()))
    return fail(error_code::usage, "the actor system was made without the message types of Weir",
                "stream_context::start", "call weir::configure(config) before you make the actor system from it");
  return {};
}

result<void> check_inputs(const runtime_options& options) {
  for (auto& input : options.settings.inputs) {
    if (input.what() == input_url::kind::generate) {
      auto lines = parse_generator_options(input.query());
      if (!lines)
        return tl::make_unexpected(lines.error());
      if (lines->bytes > options.settings.max_record_bytes + 1)
        return fail(error_code::configuration, "the lines of this input are longer than max_record_bytes", input.text(),
                    "ask for shorter lines, or raise max_record_bytes");
    }
    if (input.what() == input_url::kind::weir && options.data_dir.empty() && !options.ingest)
      return fail(error_code::configuration, "an input that acknowledges records needs a log", input.text(),
                  "give --data-dir a directory instead of none");
    if (input.what() == input_url::kind::file)
      if (auto there = check_directory(input.directory()); !there)
        return there;
  }
  return {};
}

/// Some stage reads the configured inputs, and only then there are some: what nobody reads would be acknowledged and dropped.
result<void> check_any_input(const runtime_options& options, const plan::physical_plan& plan) {
  auto& stages = plan.stages();
  auto reads =
    std::any_of(stages.begin(), stages.end(), [](auto& stage) { return stage.reads_text && stage.source == 0; });
  if (reads && options.settings.inputs.empty())
    return fail(error_code::configuration, "no input given", "--input",
                "give at least one: weir://127.0.0.1:0, tcp://HOST:PORT, file:DIRECTORY or generate://?count=N");
  if (!reads && !options.settings.inputs.empty())
    return fail(error_code::configuration, "--input is given, but the application reads no text_input()",
                options.settings.inputs.front().text(),
                "leave --input out, or read it in the program: ctx.text_input() in something that is written");
  return {};
}

/// What a data directory promises, all inputs can keep.
result<void> check_recoverable(const runtime_options& options, const plan::physical_plan& plan) {
  for (auto& stage : plan.stages())
    if (!stage.unrecoverable.empty() && !options.data_dir.empty())
      return fail(error_code::configuration,
                  "a queue is only in memory, so it cannot be recovered as a data directory promises",
                  "operator " + stage.unrecoverable, "give --data-dir none, or use a receiver");
  return {};
}

/// A data directory is Weir's own, and a new one is made as a whole.
result<void> check_outside(const std::string& data_dir, const plan::output_target& target) {
  if (data_dir.empty())
    return {};
  std::error_code unknown;
  auto canonical = [&](const std::string& path) {
    return std::filesystem::weakly_canonical(std::filesystem::absolute(path, unknown), unknown);
  };
  auto inner = canonical(directory_above(target.prefix)).lexically_relative(canonical(data_dir)).string();
  if (unknown || inner.empty() || inner == ".." || inner.starts_with("../"))
    return {};
  return fail(error_code::configuration, "the output text:" + target.prefix + " lies in the data directory", data_dir,
              "choose a prefix outside of it: what lies in a data directory is for this program alone");
}

result<void> check_outputs(const runtime_options& options, const plan::physical_plan& plan, file_system& files) {
  for (auto& output : plan.outputs()) {
    if (!output.named && !options.data_dir.empty())
      return fail(error_code::configuration, "with a data directory every output needs a name",
                  "output '" + output.name + "'", "write .named(\"...\") before write_to or print");
    for (auto& target : output.targets) {
      if (target.what != plan::output_target::kind::text)
        continue;
      if (auto outside = check_outside(options.data_dir, target); !outside)
        return outside;
      if (auto possible = files.check_writable(directory_above(target.prefix)); !possible)
        return possible;
    }
  }
  return {};
}

/// What a run has open at the same time, and the threads that it begins; rather a few too many than one too few.
process_needs needs_of(const runtime_options& options, const plan::physical_plan& plan) {
  auto inputs = options.settings.inputs.size() + plan.receivers().size();
  auto outputs = plan.outputs().size();
  process_needs needs;
  // The log and its lock, what the event loops wait on, the control socket, the scratch file; and a file or two for each who works.
  needs.descriptors = 14 + options.settings.executors + 2 * outputs + 2 * inputs;
  // Actors, their clock, sockets, listeners, the control socket, the log, the last one that ends the others; and one for each who works.
  needs.threads = 9 + options.settings.executors + outputs + 2 * inputs + (options.stop_after ? 1 : 0);
  return needs;
}

} // namespace

result<void> check_start(const runtime_options& options, const plan::physical_plan& plan, file_system& files) {
  if (auto checked = check_system(options); !checked)
    return checked;
  if (auto checked = check_any_input(options, plan); !checked)
    return checked;
  if (auto enough = check_process(needs_of(options, plan)); !enough)
    return enough;
  if (auto checked = check_inputs(options); !checked)
    return checked;
  if (auto checked = check_recoverable(options, plan); !checked)
    return checked;
  return check_outputs(options, plan, files);
}

} // namespace weir::actors
