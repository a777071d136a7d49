#include <algorithm>
#include <chrono>
#include <fstream>
#include <stdexcept>
#include <unordered_map>

#include "bench/case.hpp"
#include "bench/engine/process.hpp"
#include "bench/inputs/text_inputs.hpp"
#include "bench/throughput.hpp"
#include "bench/yardsticks/word_count.hpp"

/// The real programs from end to end: a file of lines, or `weir send` in another process, to results that everyone can read. Log on.
namespace weir::bench {

namespace {

namespace fs = std::filesystem;
using wall_clock = fs::file_time_type::clock; // comparable with the times of files

/// Lines that are written again and again until the file is large enough.
constexpr std::size_t cycle_bytes = 32'000'000;
constexpr double socket_target = 5e6; ///< records a second, all threads of both cores included

struct lines_file {
  fs::path path;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::uint64_t cycles = 0;
};

lines_file write_lines(const setting& with, const std::string& cycle, std::uint64_t bytes) {
  lines_file made{with.scratch / "input" / "lines.txt", 0, 0, std::max<std::uint64_t>(1, bytes / cycle.size())};
  fs::create_directories(made.path.parent_path());
  std::ofstream file{made.path, std::ios::binary};
  for (std::uint64_t i = 0; i < made.cycles; ++i)
    file << cycle;
  if (!file.flush())
    throw std::runtime_error{made.path.string() + ": cannot be written; is there room for it?"};
  made.bytes = made.cycles * cycle.size();
  made.records = made.bytes / 100;
  return made;
}

struct published {
  digest totals;
  wall_clock::time_point first = wall_clock::time_point::max(), last = wall_clock::time_point::min();
};

/// Sums what the complete directories `PREFIX-TIME` hold.
published read_output(const fs::path& parent) {
  published result;
  std::unordered_map<std::string, std::uint64_t> counts;
  for (auto& batch : fs::directory_iterator{parent}) {
    auto marker = batch.path() / "_SUCCESS";
    if (!fs::exists(marker))
      continue;
    result.first = std::min(result.first, fs::last_write_time(marker));
    result.last = std::max(result.last, fs::last_write_time(marker));
    for (auto& part : fs::directory_iterator{batch.path()}) {
      std::ifstream file{part.path(), std::ios::binary};
      for (std::string line; std::getline(file, line);) {
        auto tab = line.rfind('\t');
        counts[line.substr(0, tab)] += std::stoull(line.substr(tab + 1));
      }
    }
  }
  for (auto& [word, times] : counts)
    result.totals = joined(result.totals, digest_of(std::string_view{word}, times));
  return result;
}

/// What counting the cycle so many times over gives.
digest expected_of(std::string_view cycle, std::uint64_t cycles) {
  auto [keys, sum, check] = once(word_count_by_hand(cycle, probing::few_keys, 1));
  return {keys, sum * cycles, check * cycles};
}

struct ended_run {
  double seconds = 0; ///< start of the program (file) or of the sender (socket) to the last visible batch
  std::uint64_t rss_peak_bytes = 0;
};

ended_run run_word_count(const setting& with, const lines_file& input, bool socket, std::uint32_t executors,
                         const digest& expected) {
  auto place = with.scratch / "run";
  fs::remove_all(place);
  fs::create_directories(place / "output");
  auto url = socket ? std::string{"weir://127.0.0.1:0"} : "file://" + input.path.parent_path().string();
  auto started = wall_clock::now();
  process application{{with.programs / "word-count", "--input", url, "--output",
                       "text:" + (place / "output" / "counts").string(), "--data-dir", place / "data", "--executors",
                       std::to_string(executors), "--stop-when-idle=300ms"}};
  if (socket) {
    auto bound = application.await_line("ready input=");
    started = wall_clock::now();
    process sender{{with.programs / "weir", "send", input.path, "--to", bound, "--producer", "bench"}};
    if (sender.wait().exit_code != 0)
      throw std::runtime_error{"weir send failed: " + sender.said()};
  }
  auto ended = application.wait();
  if (ended.exit_code != 0)
    throw std::runtime_error{"word-count ended with " + std::to_string(ended.exit_code) + ": " + application.said()};
  auto output = read_output(place / "output");
  if (output.totals != expected)
    throw std::runtime_error{"published " + text_of(output.totals) + ", expected " + text_of(expected)};
  auto took = std::chrono::duration<double>(output.last - started).count();
  fs::remove_all(place);
  return {took, ended.rss_peak_bytes};
}

void measure(const setting& with, bool socket, std::uint32_t executors, measurement& made) {
  auto cycle = make_lines100(with.quick ? 2'000'000 : cycle_bytes);
  text_input text{cycle};
  auto file = write_lines(with, cycle, with.quick ? 20'000'000 : socket ? 1'500'000'000 : 4'000'000'000);
  auto expected = expected_of(text.all(), file.cycles);
  auto yardstick = word_count_by_hand(text.all(), probing::few_keys, executors);
  yardstick.work(1); // its memory is warm from here on
  for (int i = 0; i < (with.quick || !socket ? 1 : 3); ++i) {
    int times = with.quick ? 1 : 10;
    auto began = std::chrono::steady_clock::now();
    yardstick.work(times);
    auto by_hand = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    made.yardstick.push_back(static_cast<double>(text.lines()) * times / by_hand);
    auto run = run_word_count(with, file, socket, executors, expected);
    made.runs.push_back(static_cast<double>(file.records) / run.seconds);
    made.rss_peak_bytes = std::max(made.rss_peak_bytes, run.rss_peak_bytes);
    made.records += file.records;
    made.bytes += file.bytes;
  }
  fs::remove_all(file.path.parent_path());
  if (socket) {
    made.target = ">= 5 M records/s";
    made.met = median(made.runs) >= socket_target;
  } else {
    made.target = ">= half of wordcount/lines100, log off";
  }
}

benchmark real_program(std::string name, bool socket) {
  return {name, [=](const setting& with, const auto& report) {
            for (std::uint32_t executors : {1u, 2u}) {
              measurement made;
              made.name = name;
              made.executors = executors;
              made.log = true;
              try {
                measure(with, socket, executors, made);
              } catch (const std::exception& problem) {
                made.trouble = problem.what();
              }
              report(std::move(made));
            }
          }};
}

} // namespace

std::vector<benchmark> program_benchmarks() {
  return {real_program("file/wordcount", false), real_program("socket/wordcount", true)};
}

} // namespace weir::bench
