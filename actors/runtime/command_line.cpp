#include "actors/runtime/command_line.hpp"

#include <thread>

#include <CLI/CLI.hpp>

#include "actors/runtime/setting_table.hpp"
#include "libstream/base/text.hpp"

namespace weir::actors {

namespace {

constexpr const char* version_text = "0.1.0";

/// The flags as they were typed.
struct typed {
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  std::string batch_interval = "100ms";
  std::string data_dir;
  std::uint32_t executors = std::max(1u, std::thread::hardware_concurrency());
  std::uint32_t partitions = 0;
  std::uint32_t repartition = 0;
  std::string stop_after;
  std::string stop_when_idle;
  std::string level = "warning";
  std::string format = "text";
  std::vector<std::string> settings;
};

void describe(CLI::App& app, typed& flags) {
  app.add_option("--input", flags.inputs, "Where records come from; may be repeated: weir://ADDR:PORT, file:DIRECTORY")
    ->type_name("URL");
  app
    .add_option("--output", flags.outputs,
                "Where results go; may be repeated: print, print:N, text:PREFIX (default print)")
    ->type_name("SPEC");
  app.add_option("--batch-interval", flags.batch_interval, "Length of a batch (default 100ms)")->type_name("DURATION");
  app
    .add_option("--data-dir", flags.data_dir,
                "The log and all state (default ./weir-data/" + app.get_name() + "; none = no log)")
    ->type_name("DIR");
  app.add_option("--executors", flags.executors, "Task threads (default: one a core)")->type_name("N");
  app.add_option("--partitions", flags.partitions, "Partitions at first start (default: twice the executors)")
    ->type_name("N");
  app.add_option("--repartition", flags.repartition, "Changes the number of partitions at this start")->type_name("N");
  app.add_option("--stop-after", flags.stop_after, "Drains and ends after this time")->type_name("DURATION");
  app
    .add_option("--stop-when-idle", flags.stop_when_idle,
                "Drains and ends when nothing has come for this long (default 2s)")
    ->type_name("DURATION")
    ->expected(0, 1);
  app.add_option("--log-level", flags.level, "error, warning (default), info, debug")->type_name("LEVEL");
  app.add_option("--log-format", flags.format, "text (default), json")->type_name("FORMAT");
  app.add_option("--set", flags.settings, "Changes a setting; may be repeated")->type_name("KEY=VALUE");
  app.set_version_flag("--version", app.get_name() + " (Weir " + version_text + ")");
}

error usage_error(const CLI::App& app, const CLI::ParseError& problem, int argc, const char* const* argv) {
  error why{error_code::usage, problem.what(), {}, "see --help"}; // the caller says whose error it is
  std::vector<std::string> known;
  for (auto option : app.get_options())
    known.push_back("--" + option->get_single_name());
  for (int i = 1; i < argc; ++i) {
    std::string flag{argv[i]};
    flag = flag.substr(0, flag.find('='));
    if (flag.substr(0, 2) != "--" || std::find(known.begin(), known.end(), flag) != known.end())
      continue;
    auto nearest = nearest_name(flag, known);
    why.what = "unknown flag " + flag;
    why.hint = nearest.empty() ? "see --help" : "did you mean " + nearest + "?";
    break;
  }
  return why;
}

template <class T>
result<void> assign(T& into, result<T> parsed, const char* flag) {
  if (!parsed) {
    auto why = parsed.error();
    if (why.where.empty())
      why.where = flag;
    return tl::make_unexpected(std::move(why));
  }
  into = std::move(*parsed);
  return {};
}

result<void> assign_milliseconds(std::chrono::milliseconds& into, const std::string& text, const char* flag) {
  std::chrono::microseconds value{};
  auto assigned = assign(value, parse_duration(text), flag);
  into = std::chrono::duration_cast<std::chrono::milliseconds>(value);
  return assigned;
}

result<void> check_range(std::uint64_t value, std::uint64_t least, std::uint64_t most, const char* flag) {
  if (value >= least && value <= most)
    return {};
  return fail(error_code::configuration, std::to_string(value) + " is out of range", flag,
              "give a number from " + std::to_string(least) + " to " + std::to_string(most));
}

result<void> interpret(const typed& flags, bool stop_when_idle, command_line& into) {
  auto& settings = into.options.settings;
  for (auto& text : flags.inputs) {
    input_url url;
    if (auto done = assign(url, parse_input_url(text), "--input"); !done)
      return done;
    settings.inputs.push_back(std::move(url));
  }
  if (settings.inputs.empty())
    return fail(error_code::configuration, "no input given", "--input",
                "give at least one: weir://127.0.0.1:0 or file:DIRECTORY");
  for (auto& text : flags.outputs) {
    plan::output_target target;
    if (auto done = assign(target, parse_output(text), "--output"); !done)
      return done;
    into.outputs.push_back(std::move(target));
  }
  if (into.outputs.empty())
    into.outputs = print();
  if (auto done = assign(settings.batch_interval, parse_duration(flags.batch_interval), "--batch-interval"); !done)
    return done;
  if (auto done = check_range(static_cast<std::uint64_t>(settings.batch_interval.count()), 1'000, 3'600'000'000,
                              "--batch-interval in us");
      !done)
    return done;
  if (auto done = check_range(flags.executors, 1, 256, "--executors"); !done)
    return done;
  if (auto done = check_range(flags.partitions, 0, 4096, "--partitions"); !done)
    return done;
  if (auto done = check_range(flags.repartition, 0, 4096, "--repartition"); !done)
    return done;
  settings.executors = flags.executors;
  into.options.partitions = flags.partitions;
  into.options.repartition = flags.repartition;
  settings.block_interval = default_block_interval(settings.batch_interval);
  if (stop_when_idle)
    if (auto done = assign_milliseconds(settings.stop_when_idle,
                                        flags.stop_when_idle.empty() ? "2s" : flags.stop_when_idle, "--stop-when-idle");
        !done)
      return done;
  if (!flags.stop_after.empty()) {
    into.stop_after.emplace();
    if (auto done = assign_milliseconds(*into.stop_after, flags.stop_after, "--stop-after"); !done)
      return done;
  }
  setting_values values;
  for (auto& text : flags.settings)
    if (auto done = values.set(text, "--set"); !done)
      return done;
  auto partitions = flags.repartition > 0 ? flags.repartition : flags.partitions;
  if (auto done = values.apply(settings, partitions > 0 ? partitions : 2 * flags.executors); !done)
    return done;
  if (auto done = assign(into.level, parse_log_level(flags.level), "--log-level"); !done)
    return done;
  return assign(into.format, parse_log_format(flags.format), "--log-format");
}

} // namespace

result<command_line> parse_command_line(const std::string& application, int argc, const char* const* argv) {
  typed flags;
  CLI::App app{"A Weir application: reads text, computes it in small batches, publishes each exactly once.",
               application};
  describe(app, flags);
  command_line line;
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    line.answer = app.help();
    return line;
  } catch (const CLI::CallForVersion& version) {
    line.answer = std::string{version.what()} + "\n";
    return line;
  } catch (const CLI::ConversionError& problem) {
    return fail(error_code::configuration, problem.what(), application, "give a whole number");
  } catch (const CLI::ParseError& problem) {
    return tl::make_unexpected(usage_error(app, problem, argc, argv));
  }
  line.options.application = application;
  line.options.default_data_dir = flags.data_dir.empty();
  line.options.data_dir = flags.data_dir == "none" ? ""
                          : flags.data_dir.empty() ? "./weir-data/" + application
                                                   : flags.data_dir;
  if (auto done = interpret(flags, app.count("--stop-when-idle") > 0, line); !done)
    return tl::make_unexpected(done.error());
  return line;
}

} // namespace weir::actors
