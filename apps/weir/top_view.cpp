#include "apps/weir/top_view.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

#include "libstream/base/text.hpp"

namespace weir::tool {

namespace {

using nlohmann::json;

constexpr std::size_t label_columns = 10;
constexpr std::size_t most_bars = 60;

std::uint64_t number(const json& from, const char* key) {
  auto field = from.find(key);
  return field != from.end() && field->is_number() ? field->get<std::uint64_t>() : 0;
}

/// Control characters could be commands to the terminal.
std::string text(const json& from, const char* key) {
  auto field = from.find(key);
  return field == from.end() || !field->is_string() ? std::string{} : printable(field->get<std::string>());
}

const json& part(const json& from, const char* key) {
  static const json nothing = json::object();
  auto field = from.find(key);
  return field == from.end() || field->is_null() ? nothing : *field;
}

std::string bytes(std::uint64_t count) {
  constexpr const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(count);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < std::size(units); ++unit)
    value /= 1024;
  char shown[32];
  std::snprintf(shown, sizeof shown, unit == 0 || value >= 100 ? "%.0f %s" : "%.1f %s", value, units[unit]);
  return shown;
}

std::string time(std::uint64_t us) {
  char shown[32];
  if (us < 10'000)
    std::snprintf(shown, sizeof shown, "%.1f ms", static_cast<double>(us) / 1e3);
  else if (us < 10'000'000)
    std::snprintf(shown, sizeof shown, "%.0f ms", static_cast<double>(us) / 1e3);
  else
    std::snprintf(shown, sizeof shown, "%.0f s", static_cast<double>(us) / 1e6);
  return shown;
}

std::string span(std::uint64_t ms) {
  auto seconds = ms / 1000;
  auto minutes = seconds / 60, hours = minutes / 60;
  if (hours > 0)
    return std::to_string(hours) + " h " + std::to_string(minutes % 60) + " min";
  if (minutes > 0)
    return std::to_string(minutes) + " min " + std::to_string(seconds % 60) + " s";
  return std::to_string(seconds) + " s";
}

std::string time_of_day(std::uint64_t ms) {
  auto seconds = static_cast<std::time_t>(ms / 1000);
  std::tm parts{};
  localtime_r(&seconds, &parts);
  char shown[16];
  std::strftime(shown, sizeof shown, "%H:%M:%S", &parts);
  return shown;
}

std::string plural(std::uint64_t count, const std::string& noun) {
  return with_commas(count) + " " + noun + (count == 1 ? "" : noun.ends_with("ch") ? "es" : "s");
}

/// Of UTF-8 text: columns are counted by the bytes that begin a character. What is cut ends in a sign.
std::string cut(const std::string& line, std::size_t columns) {
  std::size_t seen = 0, last = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if ((static_cast<unsigned char>(line[i]) & 0xc0) == 0x80)
      continue;
    if (++seen == columns)
      last = i;
    if (seen > columns)
      return line.substr(0, last) + "…";
  }
  return line;
}

class page {
public:
  page(const json& status, const top_style& style) : status_{status}, style_{style} {}

  std::vector<std::string> lines() {
    head();
    records();
    delays();
    batches();
    inputs();
    outputs();
    process();
    leave_out();
    return std::move(lines_);
  }

private:
  void add(const std::string& label, const std::string& text) {
    auto padded = label;
    padded.resize(std::max(label_columns, label.size() + 1), ' ');
    auto line = style_.columns > 0 ? cut(padded + text, style_.columns) : padded + text;
    if (style_.colours && !label.empty() && line.size() >= label.size())
      line = "\033[36m" + label + "\033[0m" + line.substr(label.size());
    lines_.push_back(std::move(line));
  }

  void leave_out() {
    if (style_.rows == 0 || lines_.size() <= style_.rows)
      return;
    auto left_out = lines_.size() - style_.rows + 1;
    lines_.resize(style_.rows - 1);
    add("…", std::to_string(left_out) + " more lines: make the window higher");
  }

  void head() {
    auto line = text(status_, "application") + ", pid " + std::to_string(number(status_, "pid")) + ", up " +
                span(number(status_, "uptime_ms")) + ", batches of " + time(number(status_, "batch_interval_us"));
    if (status_.value("draining", false))
      line += ", draining";
    line = style_.columns > 0 ? cut(line, style_.columns) : line;
    lines_.push_back(style_.colours ? "\033[1m" + line + "\033[0m" : line);
  }

  void records() {
    auto& records = part(status_, "records");
    auto& lag = part(status_, "lag");
    add("records", "in " + with_commas(number(records, "received_per_s")) + "/s, out " +
                     with_commas(number(records, "processed_per_s")) + "/s; received " +
                     with_commas(number(records, "received")) + ", processed " +
                     with_commas(number(records, "processed")));
    add("lag",
        plural(number(lag, "records"), "record") + ", " + bytes(number(lag, "bytes")) + " received and not committed");
  }

  void delays() {
    auto& delays = part(status_, "delays_us");
    std::string line;
    for (auto name : {"scheduling", "processing", "total"})
      if (auto& of = part(delays, name); !of.empty())
        line += (line.empty() ? "" : "; ") + std::string{name} + " p50 " + time(number(of, "p50")) + ", p99 " +
                time(number(of, "p99"));
    add("delays",
        line.empty() ? "no batch has ended yet" : line + " (last " + plural(number(delays, "batches"), "batch") + ")");
  }

  void batches() {
    auto& batches = part(status_, "batches");
    add("batches", std::to_string(number(batches, "waiting")) + " waiting, " +
                     std::to_string(number(batches, "running")) + " running, " +
                     std::to_string(number(batches, "unpublished")) + " committed and unpublished, " +
                     with_commas(number(batches, "completed")) + " completed");
    auto& last = part(batches, "last");
    std::vector<std::uint64_t> times;
    for (auto& batch : last)
      times.push_back(number(batch, "total_us"));
    if (times.size() > most_bars)
      times.erase(times.begin(), times.end() - most_bars);
    if (!times.empty())
      add("", bars(times) + " total delay, at most " + time(*std::max_element(times.begin(), times.end())));
    failures(last);
  }

  void failures(const json& last) {
    std::string newest;
    for (auto& batch : last)
      for (auto& output : part(batch, "outputs"))
        if (auto reason = text(output, "failure"); !reason.empty())
          newest = "batch " + std::to_string(number(batch, "batch")) + ", " + text(output, "name") + ": " + reason;
    if (!newest.empty())
      add("failed", newest);
  }

  /// Of inputs that have peers.
  static std::string connections(const json& input) {
    auto name = text(input, "name");
    auto count = number(input, "connections");
    return count > 0 || name.starts_with("weir://") || name.starts_with("tcp://") ? plural(count, "connection") + ", "
                                                                                  : "";
  }

  static std::string state(const json& input) {
    if (input.value("active", false))
      return " active, ";
    auto why = text(input, "stopped");
    return why.empty() ? " inactive, " : " stopped (" + why + "), ";
  }

  void inputs() {
    for (auto& input : part(status_, "inputs")) {
      auto limit = number(input, "rate_limit");
      auto line = text(input, "name") + state(input) + with_commas(number(input, "records_per_s")) + "/s" +
                  (limit > 0 ? " of at most " + with_commas(limit) + "/s" : "") + ", " + connections(input) +
                  plural(number(input, "records"), "record") + " taken, " + bytes(number(input, "waiting_bytes")) +
                  " waiting";
      if (auto restarts = number(input, "restarts"); restarts > 0)
        line += ", " + plural(restarts, "restart");
      add("input " + std::to_string(number(input, "input")), line);
      if (auto error = text(input, "last_error"); !error.empty())
        add("", "last error " + time_of_day(number(input, "last_error_ms")) + ": " + error);
    }
  }

  void outputs() {
    for (auto& output : part(status_, "outputs")) {
      add("output " + std::to_string(number(output, "output")),
          text(output, "name") + ": " + plural(number(output, "published_batches"), "batch") + " published, " +
            with_commas(number(output, "waiting_batches")) + " waiting");
      if (auto failure = text(output, "failure"); !failure.empty())
        add("", "failing on batch " + std::to_string(number(output, "failing_batch")) + ": " + failure);
    }
  }

  void process() {
    auto& restarts = part(status_, "restarts");
    auto count = number(restarts, "count");
    add("restarts", std::to_string(count) + (count > 0 ? ", last " + text(restarts, "last") : ""));
    auto& memory = part(status_, "memory");
    add("memory", bytes(number(memory, "resident_bytes")) + " of " + bytes(number(memory, "limit_bytes")) +
                    "; exchange " + bytes(number(memory, "exchange_bytes")) + " of " +
                    bytes(number(memory, "exchange_limit_bytes")) + ", spilled " +
                    bytes(number(memory, "spilled_bytes")) + "; staged " + bytes(number(memory, "staging_bytes")));
    auto& log = part(status_, "log");
    if (auto limit = number(log, "limit_bytes"); limit > 0)
      add("log", bytes(number(log, "bytes")) + " of " + bytes(limit) +
                   (status_.contains("data_dir") ? " in " + text(status_, "data_dir") : ""));
    if (auto lost = number(part(status_, "listeners"), "lost_events"); lost > 0)
      add("listeners", plural(lost, "event") + " lost: they are too slow");
    if (auto warning = text(status_, "last_warning"); !warning.empty())
      add("warning", warning);
  }

  const json& status_;
  top_style style_;
  std::vector<std::string> lines_;
};

} // namespace

std::string with_commas(std::uint64_t count) {
  auto digits = std::to_string(count);
  for (auto place = static_cast<std::ptrdiff_t>(digits.size()) - 3; place > 0; place -= 3)
    digits.insert(static_cast<std::size_t>(place), ",");
  return digits;
}

std::string bars(const std::vector<std::uint64_t>& values) {
  constexpr const char* eighths[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  auto most = values.empty() ? 0 : *std::max_element(values.begin(), values.end());
  std::string shown;
  for (auto value : values)
    shown += eighths[most == 0 ? 0 : std::min<std::uint64_t>(7, value * 8 / (most + 1))];
  return shown;
}

std::vector<std::string> top_lines(const json& status, const top_style& style) { return page{status, style}.lines(); }

} // namespace weir::tool
