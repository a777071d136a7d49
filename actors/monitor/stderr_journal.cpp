#include "actors/monitor/stderr_journal.hpp"

#include <chrono>
#include <ctime>
#include <vector>

#include <unistd.h>

namespace weir::actors {

namespace {

struct field {
  std::string name;
  std::string value;
  bool is_number = false;
};

std::string json_string(std::string_view text) {
  std::string quoted = "\"";
  for (unsigned char byte : text)
    if (byte == '"' || byte == '\\') {
      quoted += '\\';
      quoted += static_cast<char>(byte);
    } else if (byte < 0x20) {
      char code[8];
      std::snprintf(code, sizeof code, "\\u%04x", byte);
      quoted += code;
    } else {
      quoted += static_cast<char>(byte);
    }
  return quoted + "\"";
}

void write_line(std::string line) {
  line += '\n';
  std::string_view rest = line;
  while (!rest.empty()) {
    auto written = ::write(STDERR_FILENO, rest.data(), rest.size());
    if (written <= 0)
      return; // nobody listens: nothing that could be told
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

const char* name_of(log_level level) {
  constexpr const char* names[] = {"error", "warning", "info", "debug"};
  return names[static_cast<int>(level)];
}

class stderr_journal final : public journal {
public:
  stderr_journal(log_level level, log_format format) : level_{level}, format_{format} {}

  void input_bound(const std::string& url) override { write_line("ready input=" + url); }

  void batch_committed(const batch_summary& batch) override {
    if (level_ < log_level::info)
      return;
    say(log_level::info, "batch_committed",
        {number("batch", batch.batch.value), number("batch_time_ms", batch.time_ms), number("records", batch.records),
         number("bytes", batch.bytes), number("scheduling_delay_us", batch.scheduling_delay_us),
         number("processing_us", batch.processing_us), number("total_delay_us", batch.total_delay_us)});
  }

  void batch_done(batch_id batch, std::int64_t time_ms) override {
    if (level_ >= log_level::info)
      say(log_level::info, "batch_done", {number("batch", batch.value), number("batch_time_ms", time_ms)});
  }

  void actor_restarted(const address& who, const std::string& reason) override {
    if (level_ >= log_level::warning)
      say(log_level::warning, "actor_restarted", {{"actor", to_string(who)}, {"reason", reason}});
  }

  void warning(const std::string& sentence) override {
    if (level_ >= log_level::warning)
      say(log_level::warning, "warning", {{"message", sentence}});
  }

  void detail(const std::string& sentence) override {
    if (level_ >= log_level::debug)
      say(log_level::debug, "detail", {{"message", sentence}});
  }

private:
  template <class T>
  static field number(std::string name, T value) {
    return {std::move(name), std::to_string(value), true};
  }

  void say(log_level level, const char* event, const std::vector<field>& fields) const {
    auto now =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
    write_line(format_ == log_format::json ? as_json(now, level, event, fields) : as_text(now, level, event, fields));
  }

  static std::string as_json(std::int64_t now, log_level level, const char* event, const std::vector<field>& fields) {
    auto line =
      "{\"time_ms\":" + std::to_string(now) + ",\"level\":\"" + name_of(level) + "\",\"event\":\"" + event + "\"";
    for (auto& each : fields)
      line += "," + json_string(each.name) + ":" + (each.is_number ? each.value : json_string(each.value));
    return line + "}";
  }

  static std::string as_text(std::int64_t now, log_level level, const char* event, const std::vector<field>& fields) {
    auto seconds = static_cast<std::time_t>(now / 1000);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char stamp[40];
    auto length = std::strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &parts);
    std::snprintf(stamp + length, sizeof stamp - length, ".%03dZ", static_cast<int>(now % 1000));
    auto line = std::string{stamp} + " " + name_of(level) + " " + event;
    for (auto& each : fields)
      line +=
        " " + each.name + "=" + (each.value.find(' ') == std::string::npos ? each.value : json_string(each.value));
    return line;
  }

  log_level level_;
  log_format format_;
};

} // namespace

result<log_level> parse_log_level(std::string_view text) {
  for (auto level : {log_level::error, log_level::warning, log_level::info, log_level::debug})
    if (text == name_of(level))
      return level;
  return fail(error_code::configuration, "unknown log level \"" + std::string{text} + "\"", "--log-level",
              "use error, warning, info or debug");
}

result<log_format> parse_log_format(std::string_view text) {
  if (text == "text")
    return log_format::text;
  if (text == "json")
    return log_format::json;
  return fail(error_code::configuration, "unknown log format \"" + std::string{text} + "\"", "--log-format",
              "use text or json");
}

std::shared_ptr<journal> make_stderr_journal(log_level level, log_format format) {
  return std::make_shared<stderr_journal>(level, format);
}

} // namespace weir::actors
