#include "actors/monitor/stderr_journal.hpp"

#include <algorithm>
#include <ctime>
#include <iterator>
#include <mutex>
#include <string_view>
#include <vector>

#include <unistd.h>

#include "actors/monitor/bounded_writer.hpp"
#include "actors/monitor/repeat_limit.hpp"
#include "libstream/base/json_text.hpp"

namespace weir::actors {

namespace {

using std::chrono::milliseconds;

struct field {
  const char* name;
  std::string value;
  bool is_number = false;
};

template <class T>
field number(const char* name, T value) {
  return {name, std::to_string(value), true};
}

const char* name_of(log_level level) {
  constexpr const char* names[] = {"error", "warning", "notice", "info", "debug"};
  return names[static_cast<int>(level)];
}

std::string as_json(std::int64_t now, log_level level, const char* event, const std::vector<field>& fields) {
  auto line =
    "{\"time_ms\":" + std::to_string(now) + ",\"level\":\"" + name_of(level) + "\",\"event\":\"" + event + "\"";
  for (auto& each : fields)
    line += "," + json_text(each.name) + ":" + (each.is_number ? each.value : json_text(each.value));
  return line + "}\n";
}

/// In quotes unless it is plain: an empty or strange one cannot be taken for something else.
std::string plain_or_quoted(const std::string& value) {
  for (auto byte : value)
    if (static_cast<unsigned char>(byte) <= ' ' || static_cast<unsigned char>(byte) >= 0x7f || byte == '"' ||
        byte == '\\')
      return json_text(value);
  return value.empty() ? "\"\"" : value;
}

std::string as_text(std::int64_t now, log_level level, const char* event, const std::vector<field>& fields) {
  auto seconds = static_cast<std::time_t>(now / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char stamp[40];
  auto length = std::strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(stamp + length, sizeof stamp - length, ".%03dZ", static_cast<int>(now % 1000));
  auto line = std::string{stamp} + " " + name_of(level) + " " + event;
  for (auto& each : fields)
    line += std::string{" "} + each.name + "=" + plain_or_quoted(each.value);
  return line + "\n";
}

/// Counts and durations among the further fields of events: in JSON they are numbers.
bool is_figure(std::string_view name) {
  constexpr std::string_view figures[] = {"records",
                                          "records_received",
                                          "records_processed",
                                          "batches_completed",
                                          "batches_to_compute",
                                          "batches_to_publish",
                                          "actor_restarts",
                                          "files",
                                          "uptime_ms",
                                          "took_ms"};
  return std::find(std::begin(figures), std::end(figures), name) != std::end(figures);
}

std::vector<field> fields_of(const event& told) {
  std::vector<field> fields;
  if (told.batch)
    fields.push_back(number("batch", told.batch->value));
  if (told.partition)
    fields.push_back(number("partition", told.partition->value));
  if (told.epoch)
    fields.push_back(number("epoch", told.epoch->value));
  if (told.actor)
    fields.push_back({"actor", to_string(*told.actor)});
  if (!told.message.empty())
    fields.push_back({"message", told.message});
  for (auto& [name, value] : told.more)
    fields.push_back({name, value, is_figure(name)});
  return fields;
}

class line_journal final : public journal {
public:
  line_journal(log_level level, log_format format, line_output output)
    : level_{level}, format_{format}, output_{std::move(output)} {}

  ~line_journal() override {
    std::lock_guard guard{mutex_};
    tell_left_out(strange_.rest());
    tell_left_out(sentences_.rest());
  }

  void input_bound(const std::string& url) override { output_.write("ready input=" + url + "\n"); }

  void batch_committed(const batch_summary& batch) override {
    say(log_level::info, "batch_committed",
        {number("batch", batch.batch.value), number("batch_time_ms", batch.time_ms), number("records", batch.records),
         number("bytes", batch.bytes), number("scheduling_delay_us", batch.scheduling_delay_us),
         number("processing_us", batch.processing_us), number("total_delay_us", batch.total_delay_us)});
  }

  void batch_done(batch_id batch, std::int64_t time_ms) override {
    say(log_level::info, "batch_done", {number("batch", batch.value), number("batch_time_ms", time_ms)});
  }

  void actor_restarted(const address& who, const std::string& reason) override {
    say(log_level::warning, "actor_restarted", {{"actor", to_string(who)}, {"reason", reason}});
  }

  void tell(const event& told) override {
    if (told.level <= level_)
      say(told.level, told.name, fields_of(told), told.limited ? &strange_ : nullptr);
  }

  void warning(const std::string& sentence) override {
    say(log_level::warning, "warning", {{"message", sentence}}, &sentences_);
  }

  void detail(const std::string& sentence) override { say(log_level::debug, "detail", {{"message", sentence}}); }

private:
  void say(log_level level, const char* event, const std::vector<field>& fields, repeat_limit* limit = nullptr) {
    if (level > level_ && level_ < log_level::info)
      return; // nothing to write, and no look at the clock for every batch
    std::unique_lock guard{mutex_};
    auto now = output_.steady();
    tell_left_out(strange_.due(now));
    tell_left_out(sentences_.due(now));
    if (level > level_ || (limit && !limit->admit(event, now)))
      return;
    guard.unlock();
    write(level, event, fields);
  }

  void tell_left_out(const std::vector<repeat_limit::suppressed>& left_out) {
    for (auto& [kind, count] : left_out)
      write(log_level::warning, "suppressed",
            {{"of", kind}, number("count", count), {"message", std::to_string(count) + " more like this suppressed"}});
  }

  void write(log_level level, const char* event, const std::vector<field>& fields) const {
    auto now = output_.since_1970().count();
    output_.write(format_ == log_format::json ? as_json(now, level, event, fields)
                                              : as_text(now, level, event, fields));
  }

  log_level level_;
  log_format format_;
  line_output output_;
  std::mutex mutex_;
  /// Of events that say that they are limited.
  repeat_limit strange_{{5, milliseconds{10'000}}};
  /// Of all sentences together: nothing that goes on and on may fill a disk.
  repeat_limit sentences_{{50, milliseconds{500}}};
};

template <class Clock>
milliseconds now_of() {
  return std::chrono::duration_cast<milliseconds>(Clock::now().time_since_epoch());
}

} // namespace

void write_to_stderr(const std::string& line) {
  static std::mutex mutex;
  static bounded_writer writer{STDERR_FILENO};
  std::lock_guard guard{mutex};
  writer.write(line);
}

std::shared_ptr<journal> make_line_journal(log_level level, log_format format, line_output output) {
  return std::make_shared<line_journal>(level, format, std::move(output));
}

std::shared_ptr<journal> make_stderr_journal(log_level level, log_format format) {
  return make_line_journal(level, format,
                           {write_to_stderr, now_of<std::chrono::system_clock>, now_of<std::chrono::steady_clock>});
}

} // namespace weir::actors
