#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace weir::bench {

struct percentiles {
  double p50 = 0, p99 = 0, max = 0; ///< milliseconds
};

/// One line of the table, one element of the JSON. Empty optionals do not apply.
struct measurement {
  std::string name; ///< as in the JSON: case/variant
  std::uint32_t executors = 1;
  bool log = false;
  std::string trouble;           ///< why the result is wrong; empty = it was checked and is right
  std::uint64_t records = 0;     ///< of one run, in all
  std::uint64_t bytes = 0;       ///< of these records
  std::vector<double> runs;      ///< records a second
  std::vector<double> yardstick; ///< records a second, of the runs between
  std::uint64_t rss_peak_bytes = 0;
  std::optional<percentiles> latency_ms;
  std::optional<double> within_interval;
  std::string target;                             ///< in words; empty = none
  std::optional<bool> met;                        ///< whether the target is
  nlohmann::json more = nlohmann::json::object(); ///< further fields of the JSON

  bool correct() const { return trouble.empty(); }
  std::optional<double> ratio() const; ///< median against the yardstick's
};

double median(std::vector<double> values);

struct setting {
  std::filesystem::path programs; ///< the directory of weir-bench, word-count and weir
  std::filesystem::path scratch;  ///< exists; may be filled
  bool quick = false;
  bool without_log = false; ///< of throughput only the rows without log
};

/// What is measured under one name: usually several measurements (executors, log).
struct benchmark {
  std::string name;
  std::function<void(const setting&, const std::function<void(measurement)>& report)> run;
};

/// All cases, in the order of the table.
std::vector<benchmark> all_benchmarks();

// One function a file in cases/.
std::vector<benchmark> text_benchmarks();
std::vector<benchmark> pair_benchmarks();
std::vector<benchmark> program_benchmarks();
std::vector<benchmark> latency_benchmarks();
std::vector<benchmark> empty_batch_benchmarks();
std::vector<benchmark> recovery_benchmarks();
std::vector<benchmark> memory_benchmarks();
std::vector<benchmark> shuffle_benchmarks();
std::vector<benchmark> operator_cost_benchmarks();

} // namespace weir::bench
