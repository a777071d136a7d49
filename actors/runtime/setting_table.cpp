#include "actors/runtime/setting_table.hpp"

#include <algorithm>
#include <initializer_list>
#include <thread>

#include "libstream/base/text.hpp"

namespace weir::actors {

namespace {

using limits::kib;
using limits::mib;
using enum setting_form;

constexpr std::uint64_t gib = 1024 * mib;
constexpr std::uint64_t tib = 1024 * gib;
// Durations are microseconds.
constexpr std::uint64_t ms = 1'000;
constexpr std::uint64_t second = 1'000 * ms;
constexpr std::uint64_t hour = 3'600 * second;
constexpr std::uint64_t year = 8'760 * hour;
constexpr std::uint64_t most_rate = 1'000'000'000'000;

/// Several texts, each of which `take` reads into the configuration that `forget` has emptied of them.
setting_row list_row(const char* key, void (*forget)(configuration&),
                     result<void> (*take)(configuration&, const std::string&),
                     std::vector<std::string> (*read)(const configuration&), const char* meaning) {
  setting_row setting;
  setting.key = key;
  setting.form = list;
  setting.meaning = meaning;
  setting.read = [read](const configuration& from) { return setting_value{0, {}, read(from)}; };
  setting.write = [forget, take](configuration& into, const setting_value& value) -> result<void> {
    forget(into);
    for (auto& text : value.list)
      if (auto taken = take(into, text); !taken)
        return taken;
    return {};
  };
  return setting;
}

setting_row inputs() {
  return list_row(
    "input", [](configuration& into) { into.options.settings.inputs.clear(); },
    [](configuration& into, const std::string& text) {
      return parse_input_url(text).map([&](auto url) { into.options.settings.inputs.push_back(std::move(url)); });
    },
    [](const configuration& from) {
      std::vector<std::string> texts;
      for (auto& url : from.options.settings.inputs)
        texts.push_back(url.full_text());
      return texts;
    },
    "where records come from: weir://ADDR:PORT, tcp://HOST:PORT, file:DIRECTORY, generate://?count=N; may be repeated");
}

setting_row forgotten_inputs() {
  return list_row(
    "forget_input", [](configuration& into) { into.options.forget_inputs.clear(); },
    [](configuration& into, const std::string& text) -> result<void> {
      if (text.empty())
        return fail(error_code::configuration, "the name of the input is empty", {}, "`weir log DIR` shows the names");
      into.options.forget_inputs.push_back(text);
      return {};
    },
    [](const configuration& from) { return from.options.forget_inputs; },
    "gives up an input of the data directory whose source is gone; what came from it stays counted; may be repeated");
}

std::string text_of(const plan::output_target& target) {
  if (target.what == plan::output_target::kind::text)
    return "text:" + target.prefix;
  return target.limit == print().front().limit ? "print" : "print:" + std::to_string(target.limit);
}

setting_row outputs() {
  return list_row(
    "output", [](configuration& into) { into.outputs.clear(); },
    [](configuration& into, const std::string& text) {
      return parse_output(text).map([&](auto target) { into.outputs.push_back(std::move(target)); });
    },
    [](const configuration& from) {
      std::vector<std::string> texts;
      for (auto& target : from.outputs)
        texts.push_back(text_of(target));
      return texts;
    },
    "where results go: print, print:N, text:PREFIX; may be repeated");
}

std::string default_directory(const configuration& from) { return "./weir-data/" + from.options.application; }

setting_row data_directory() {
  auto setting =
    row("data_dir", &runtime_options::data_dir, text, "directory of the log and of all state; none: no log is kept");
  setting.read = [](const configuration& from) {
    auto& directory = from.options.data_dir;
    return setting_value{0, directory.empty() ? "none" : directory, {}};
  };
  setting.write = [](configuration& into, const setting_value& value) -> result<void> {
    if (value.text.empty())
      return fail(error_code::configuration, "the name of the directory is empty", {}, "give a directory, or none");
    into.options.data_dir = value.text == "none" ? "" : value.text;
    into.options.default_data_dir = value.text == default_directory(into);
    return {};
  };
  return setting;
}

setting_row partitions() {
  auto setting = row("partitions", &runtime_options::partitions, count, 1, 4096,
                     "number of partitions at the first start; later starts use the stored number");
  setting.read = [](const configuration& from) {
    auto& options = from.options;
    return setting_value{options.partitions > 0 ? options.partitions : 2 * options.settings.executors, {}, {}};
  };
  return std::move(setting).unless_set("auto", "executors");
}

setting_row graceful_stop() {
  auto setting = row("graceful_stop.limit", &settings::graceful_stop_limit, duration, ms, year,
                     "how long a drain may take; then the application stops at once and says what was left");
  setting.read = [](const configuration& from) { return value_of(drain_limit(from.options.settings)); };
  return std::move(setting).unless_set("auto", "batch_interval");
}

setting_row output_retry_limit() {
  auto setting = row("output_retry_limit", &settings::output_retry_limit, duration, 0, year,
                     "how long an output that fails on a batch is retried before on_error decides");
  return std::move(setting).unless_set("forever");
}

setting_row stop_after() {
  setting_row setting =
    row("stop_after", &settings::stop_when_idle, duration, 0, year, "drains and ends after this time");
  setting.read = [](const configuration& from) {
    return value_of(from.options.stop_after.value_or(std::chrono::milliseconds{0}));
  };
  setting.write = [](configuration& into, const setting_value& value) -> result<void> {
    assign_value(into.options.stop_after.emplace(), value);
    return {};
  };
  return std::move(setting).unless_set("never");
}

void add(std::vector<setting_row>& table, const char* group, std::initializer_list<setting_row> rows) {
  for (auto& each : rows)
    table.emplace_back(each).group = group;
}

std::vector<setting_row> make_rows() {
  std::vector<setting_row> table;
  add(table, "Inputs and outputs",
      {
        inputs().as_flag("URL"),
        forgotten_inputs().as_flag("NAME"),
        outputs().as_flag("SPEC"),
        row("max_record_bytes", &settings::max_record_bytes, size, 1, limits::max_frame_bytes - 2,
            "greatest size of a record; a longer one is skipped, counted and reported"),
        row("file.settle", &settings::file_settle, duration, 0, hour,
            "how long a file of a directory must stay as it is before it is read"),
      });
  add(table, "Batches",
      {
        row("batch_interval", &settings::batch_interval, duration, ms, hour, "length of a batch").as_flag("DURATION"),
        row("block_interval", &settings::block_interval, duration, 100, 10 * second,
            "how long a receiver collects records before it cuts a block; if it does not divide the batch interval, "
            "auto is used")
          .unless_set("auto", "batch_interval"),
        row("executors", &settings::executors, count, 1, 256, "number of threads that compute tasks")
          .as_flag("N")
          .unless_set("auto", "cores"),
        partitions().as_flag("N"),
        row("repartition", &runtime_options::repartition, count, 1, 4096,
            "changes the stored number of partitions at this start")
          .as_flag("N")
          .unless_set("keep"),
      });
  add(table, "State and log",
      {
        data_directory().as_flag("DIR"),
        row("control_socket", &runtime_options::control_socket, text,
            "socket on which local tools such as weir top ask the running application; none: no socket")
          .as_flag("PATH")
          .unless_set("auto", "data_dir"),
        row("after_restore", &runtime_options::after_restore, boolean,
            "starts on a data directory that was restored from an older copy, though outputs have newer batches")
          .as_flag("BOOL", "true"),
        row("log.limit", &settings::log_limit, size, 64 * mib, 64 * tib, "greatest size of the log on disk"),
      });
  add(table, "Memory and flow",
      {
        row("memory.limit", &settings::memory_limit, size, mib, 64 * tib,
            "memory of the process; budgets that are not set follow from it"),
        row("exchange.memory", &settings::exchange_bytes, size, 0, 64 * tib,
            "memory for map outputs; what does not fit is spilled to the scratch file")
          .unless_set("auto", "memory.limit"),
        row("max_batch_bytes", &settings::max_batch_bytes, size, kib, 4 * gib, "greatest input of one batch")
          .unless_set("auto", "memory.limit"),
        row("max_receiver_bytes", &settings::max_receiver_bytes, size, 64 * kib, tib,
            "how much of one input may wait in memory until it is committed")
          .unless_set("auto", "memory.limit"),
        row("max_batches_in_flight", &settings::max_batches_in_flight, count, 1, 64,
            "how many batches may be between their seal and their commit"),
        row("max_unpublished_bytes", &settings::max_unpublished_bytes, size, 1, tib,
            "how many bytes of committed results may wait for publication; beyond it no batch is sealed"),
      });
  add(table, "Producers",
      {
        row("ingest.max_connections", &settings::max_connections, count, 1, 1'000'000,
            "greatest number of weir:// connections of the process; never more than its limit of open files allows"),
        row("ingest.max_producers", &settings::max_producers, count, 1, 1'000'000'000,
            "greatest number of producers that one weir:// input knows by name; a further one is refused"),
        row("ingest.producer_ttl", &settings::producer_ttl, duration, second, 100 * year,
            "a producer that was silent for this long, while the application ran, is forgotten"),
      });
  add(table, "Back-pressure",
      {
        row("backpressure.enabled", &settings::backpressure_enabled, boolean,
            "whether the rate of each input follows how fast batches are computed"),
        row("backpressure.initial_rate", &settings::backpressure_initial_rate, count, 0, most_rate,
            "rate of each input in records a second until its second batch is computed; 0: max_rate"),
        row("backpressure.max_rate", &settings::backpressure_max_rate, count, 0, most_rate,
            "greatest rate of each input in records a second, also if backpressure.enabled is false; 0: no limit"),
        row("backpressure.min_rate", &settings::backpressure_min_rate, count, 1, most_rate,
            "least rate that back-pressure sets for an input, in records a second"),
        row("backpressure.proportional", &settings::backpressure_proportional, fixed_point, 0, 1000 * millionths,
            "weight of the difference between the last rate and what was processed"),
        row("backpressure.integral", &settings::backpressure_integral, fixed_point, 0, 1000 * millionths,
            "weight of the records that wait because batches start late"),
        row("backpressure.derived", &settings::backpressure_derived, fixed_point, 0, 1000 * millionths,
            "weight of how fast the difference between the last rate and what was processed changes"),
      });
  add(
    table, "Failures",
    {
      row("on_error", &settings::on_error, {"stop", "skip", "isolate"},
          "what follows when a user function still fails after its retries: the end, the loss of the batch, or of "
          "the records"),
      row("max_task_failures", &settings::max_task_failures, count, 1, 100,
          "how often a task may fail in a user function before on_error decides"),
      row("isolate.share", &settings::isolate_share, fixed_point, 0, millionths,
          "at most this share of the records of a task may be isolated, and 100 in any case; if more fail, the "
          "application ends"),
      output_retry_limit(),
      row("dead_letters", &settings::dead_letters, text,
          "text prefix for the records that were isolated, with operator and problem")
        .unless_set("auto", "data_dir"),
      row("supervisor.max_restarts", &settings::supervisor_max_restarts, count, 0, 1'000'000,
          "how often one actor may be restarted within the window; if it ends once more, its supervisor gives up"),
      row("supervisor.window", &settings::supervisor_window, duration, ms, hour, "the window in which restarts count"),
      row("receiver_restart_delay", &settings::receiver_restart_delay, duration, ms, hour,
          "about how long an input that lost its peer waits before it tries again"),
      row("disk_full.retry", &settings::disk_full_retry, duration, ms, hour,
          "how long the application waits before it retries what a full disk refused"),
    });
  add(table, "Ending",
      {
        graceful_stop(),
        stop_after().as_flag("DURATION"),
        row("stop_when_idle", &settings::stop_when_idle, duration, ms, year,
            "drains and ends when everything is published and nothing has come for this long")
          .as_flag("DURATION", "2s")
          .unless_set("never"),
      });
  add(table, "What is said on standard error",
      {
        row("log_level", &configuration::level, {"error", "warning", "notice", "info", "debug"},
            "which lines are written: those of this level and of the levels before it")
          .as_flag("LEVEL"),
        row("log_format", &configuration::format, {"text", "json"}, "format of a line, for people or for programs")
          .as_flag("FORMAT"),
      });
  return table;
}

} // namespace

configuration default_configuration(const std::string& application) {
  configuration defaults;
  defaults.options.application = application;
  defaults.options.data_dir = default_directory(defaults);
  defaults.options.default_data_dir = true;
  defaults.options.settings.executors = std::clamp(std::thread::hardware_concurrency(), 1u, 256u);
  defaults.outputs = print();
  return defaults;
}

const std::vector<setting_row>& setting_table() {
  static const auto rows = make_rows();
  return rows;
}

const setting_row* find_setting(std::string_view key) {
  auto& rows = setting_table();
  auto row = std::find_if(rows.begin(), rows.end(), [&](auto& each) { return each.key == key; });
  return row == rows.end() ? nullptr : &*row;
}

std::string nearest_setting(std::string_view key) {
  std::vector<std::string> known;
  for (auto& row : setting_table())
    known.push_back(row.key);
  auto nearest = nearest_name(key, known);
  if (nearest.empty()) { // perhaps the first half of one
    std::vector<std::string> halves;
    for (auto& each : known)
      halves.push_back(each.substr(0, each.find('.')));
    if (auto half = nearest_name(key, halves); !half.empty())
      nearest = known[static_cast<std::size_t>(std::find(halves.begin(), halves.end(), half) - halves.begin())];
  }
  return nearest.empty() ? "`APP config` shows all keys" : "did you mean \"" + nearest + "\"?";
}

} // namespace weir::actors
