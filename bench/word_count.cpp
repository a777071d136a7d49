#include "bench/word_count.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <unordered_map>

#include "bench/process.hpp"

namespace weir::bench {

namespace {

namespace fs = std::filesystem;
using counts = std::unordered_map<std::string, std::uint64_t>;
using wall_clock = fs::file_time_type::clock; // comparable with the times of files

enum class way { file, socket };

fs::path make_lines(const setting& with) {
  auto directory = with.scratch / "input";
  auto lines = directory / "lines.txt";
  if (fs::exists(lines))
    return lines;
  fs::create_directories(directory);
  auto url = "generate://?seed=1&bytes=100&vocabulary=100000&count=" + std::to_string(with.records);
  auto unfinished = with.scratch / "lines.unfinished";
  process generate{{with.programs / "weir", "generate", url}, unfinished};
  if (generate.wait().exit_code != 0)
    throw std::runtime_error{"weir generate failed: " + generate.said()};
  fs::rename(unfinished, lines);
  return lines;
}

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// The naive model: reads a word at a time, in one thread.
counts count_words(const fs::path& lines) {
  counts result;
  std::ifstream file{lines, std::ios::binary};
  std::string line;
  while (std::getline(file, line)) {
    for (auto at = line.begin(); at != line.end();) {
      auto begin = std::find_if_not(at, line.end(), is_space);
      at = std::find_if(begin, line.end(), is_space);
      if (begin != at)
        ++result[std::string{begin, at}];
    }
  }
  return result;
}

struct published {
  counts totals;
  wall_clock::time_point last = wall_clock::time_point::min(); ///< when the last batch became visible
};

/// Sums what the complete directories `PREFIX-TIME` hold.
published read_output(const fs::path& parent) {
  published result;
  for (auto& batch : fs::directory_iterator{parent}) {
    auto marker = batch.path() / "_SUCCESS";
    if (!fs::exists(marker))
      continue;
    result.last = std::max(result.last, fs::last_write_time(marker));
    for (auto& part : fs::directory_iterator{batch.path()}) {
      if (!part.path().filename().string().starts_with("part-"))
        continue;
      std::ifstream file{part.path(), std::ios::binary};
      std::string line;
      while (std::getline(file, line)) {
        auto tab = line.rfind('\t');
        if (tab == std::string::npos)
          throw std::runtime_error{part.path().string() + ": a line without a tab"};
        result.totals[line.substr(0, tab)] += std::stoull(line.substr(tab + 1));
      }
    }
  }
  return result;
}

struct run_result {
  published output;
  wall_clock::duration took{};
  std::uint64_t rss_peak_bytes = 0;
};

/// One run on an empty data directory: from its start (file) or the sender's (socket) to the last batch that became visible.
run_result run_once(const setting& with, way input, std::uint32_t executors, const fs::path& lines) {
  auto place = with.scratch / "run";
  fs::remove_all(place);
  fs::create_directories(place / "output");
  auto url = input == way::file ? "file://" + lines.parent_path().string() : std::string{"weir://127.0.0.1:0"};
  auto started = wall_clock::now();
  process application{{with.programs / "word-count", "--input", url, "--output",
                       "text:" + (place / "output" / "counts").string(), "--data-dir", place / "data", "--executors",
                       std::to_string(executors), "--stop-when-idle=500ms"}};
  if (input == way::socket) {
    auto bound = application.await_line("ready input=");
    started = wall_clock::now();
    process sender{{with.programs / "weir", "send", lines, "--to", bound, "--producer", "bench"}};
    if (sender.wait().exit_code != 0)
      throw std::runtime_error{"weir send failed: " + sender.said()};
  }
  auto ended = application.wait();
  if (ended.exit_code != 0)
    throw std::runtime_error{"word-count ended with " + std::to_string(ended.exit_code) + ": " + application.said()};
  auto output = read_output(place / "output");
  auto took = output.last - started;
  fs::remove_all(place);
  return {std::move(output), took, ended.rss_peak_bytes};
}

measurement measure(const setting& with, way input, std::uint32_t executors, std::string name) {
  measurement result;
  result.name = std::move(name);
  result.executors = executors;
  try {
    auto lines = make_lines(with);
    auto expected = count_words(lines);
    result.records = with.records;
    result.bytes = fs::file_size(lines);
    for (int i = 0; i < with.runs; ++i) {
      auto run = run_once(with, input, executors, lines);
      if (run.output.totals != expected)
        throw std::runtime_error{"the totals differ from the independent count"};
      result.runs.push_back(static_cast<double>(with.records) / std::chrono::duration<double>(run.took).count());
      result.rss_peak_bytes = std::max(result.rss_peak_bytes, run.rss_peak_bytes);
    }
  } catch (const std::exception& problem) {
    result.correct = false;
    result.trouble = problem.what();
  }
  return result;
}

} // namespace

std::vector<benchmark> word_count_benchmarks() {
  std::vector<benchmark> result;
  auto add = [&](std::string name, way input, std::uint32_t executors) {
    result.push_back({name, [=](const setting& with) { return measure(with, input, executors, name); }});
  };
  add("wordcount/lines100", way::file, 1);
  add("wordcount/lines100-2", way::file, 2);
  add("socket/lines100", way::socket, 1);
  add("socket/lines100-2", way::socket, 2);
  return result;
}

} // namespace weir::bench
