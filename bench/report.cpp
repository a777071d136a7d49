#include "bench/report.hpp"

#include <algorithm>
#include <cstdio>

namespace weir::bench {

namespace {

std::string format(const char* pattern, auto... values) {
  char text[256];
  std::snprintf(text, sizeof text, pattern, values...);
  return text;
}

/// How far the runs lie apart, against their median.
double spread(const std::vector<double>& runs) {
  auto [least, most] = std::minmax_element(runs.begin(), runs.end());
  return (*most - *least) / median(runs);
}

} // namespace

double median(std::vector<double> values) {
  if (values.empty())
    return 0;
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

std::optional<double> measurement::ratio() const {
  if (runs.empty() || yardstick.empty())
    return std::nullopt;
  return median(runs) / median(yardstick);
}

nlohmann::json as_json(const measurement& of) {
  nlohmann::json made{{"name", of.name}, {"executors", of.executors}, {"log", of.log}, {"correct", of.correct()}};
  if (!of.correct())
    made["trouble"] = of.trouble;
  if (of.records > 0)
    made["records"] = of.records;
  if (of.bytes > 0)
    made["bytes"] = of.bytes;
  if (!of.runs.empty()) {
    made["runs"] = of.runs;
    made["records_per_s"] = median(of.runs);
    made["ns_per_record"] = 1e9 / median(of.runs);
  }
  if (!of.yardstick.empty()) {
    made["yardstick_runs"] = of.yardstick;
    made["yardstick_records_per_s"] = median(of.yardstick);
  }
  if (auto ratio = of.ratio())
    made["ratio"] = *ratio;
  if (of.rss_peak_bytes > 0)
    made["rss_peak_bytes"] = of.rss_peak_bytes;
  if (of.latency_ms)
    made["latency_ms"] = {{"p50", of.latency_ms->p50}, {"p99", of.latency_ms->p99}, {"max", of.latency_ms->max}};
  if (of.within_interval)
    made["within_interval"] = *of.within_interval;
  if (!of.target.empty()) {
    made["target"] = of.target;
    if (of.met)
      made["met"] = *of.met;
  }
  made.update(of.more);
  return made;
}

std::string table_head() {
  return format("%-20s %4s %4s %11s %7s %11s %6s  %s\n", "case", "exec", "log", "M records/s", "spread", "yardstick",
                "ratio", "target");
}

std::string table_line(const measurement& of) {
  auto line = format("%-20s %4u %4s ", of.name.c_str(), of.executors, of.log ? "on" : "off");
  if (!of.correct())
    return line + "WRONG: " + of.trouble + "\n";
  line += of.runs.empty() ? format("%11s %7s ", "-", "-")
                          : format("%11.3f %6.0f%% ", median(of.runs) / 1e6, 100 * spread(of.runs));
  line += of.yardstick.empty() ? format("%11s %6s ", "-", "-")
                               : format("%11.3f %6.2f ", median(of.yardstick) / 1e6, *of.ratio());
  if (of.latency_ms)
    line += format(" p50 %.2f p99 %.2f max %.2f ms", of.latency_ms->p50, of.latency_ms->p99, of.latency_ms->max);
  if (of.within_interval)
    line += format(", %.1f %% within the interval", 100 * *of.within_interval);
  if (!of.target.empty())
    line += " " + of.target;
  if (of.met)
    line += *of.met ? ": met" : ": NOT MET";
  return line + "\n";
}

std::string current_commit() {
  char line[64] = {};
  if (auto* git = ::popen("git rev-parse HEAD 2>/dev/null", "r")) {
    if (!std::fgets(line, sizeof line, git))
      line[0] = 0;
    ::pclose(git);
  }
  std::string commit = line;
  return commit.substr(0, commit.find('\n'));
}

} // namespace weir::bench
