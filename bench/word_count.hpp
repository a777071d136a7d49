#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

/// Word count from end to end: real programs, log on, text output, totals compared with an independent count.
namespace weir::bench {

struct measurement {
  std::string name;
  std::uint32_t executors = 1;
  bool correct = true;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::vector<double> runs; ///< records a second
  std::uint64_t rss_peak_bytes = 0;
  std::string trouble; ///< why `correct` is false
};

struct setting {
  std::filesystem::path programs; ///< the directory of word-count and weir
  std::filesystem::path scratch;  ///< exists; may be filled
  std::uint64_t records = 0;
  int runs = 1;
};

/// A case of `weir-bench`: a name as in the JSON, and how it is measured.
struct benchmark {
  std::string name;
  std::function<measurement(const setting&)> measure;
};

std::vector<benchmark> word_count_benchmarks();

} // namespace weir::bench
