#include <algorithm>
#include <cstdio>
#include <fstream>
#include <thread>
#include <unistd.h>

#include "bench/history.hpp"
#include "bench/options.hpp"
#include "bench/report.hpp"

namespace weir::bench {

std::vector<benchmark> all_benchmarks() {
  std::vector<benchmark> all;
  for (auto& part :
       {text_benchmarks(), pair_benchmarks(), program_benchmarks(), latency_benchmarks(), empty_batch_benchmarks(),
        recovery_benchmarks(), memory_benchmarks(), shuffle_benchmarks(), operator_cost_benchmarks()})
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

namespace {

namespace fs = std::filesystem;

/// A directory that is removed at the end.
struct scratch_directory {
  fs::path path;
  scratch_directory() {
    auto pattern = (fs::temp_directory_path() / "weir-bench.XXXXXX").string();
    if (!::mkdtemp(pattern.data()))
      throw std::runtime_error{pattern + ": cannot make a scratch directory; set TMPDIR"};
    path = pattern;
  }
  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;
  ~scratch_directory() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};

/// Nothing when a name is unknown, which it says.
std::optional<std::vector<benchmark>> chosen(const std::vector<std::string>& names) {
  auto all = all_benchmarks();
  for (auto& name : names)
    if (std::none_of(all.begin(), all.end(), [&](auto& each) { return each.name.starts_with(name); })) {
      std::fprintf(stderr, "weir-bench: no case \"%s\"; --list names them\n", name.c_str());
      return std::nullopt;
    }
  std::erase_if(all, [&](auto& each) {
    return !names.empty() &&
           std::none_of(names.begin(), names.end(), [&](auto& name) { return each.name.starts_with(name); });
  });
  return all;
}

std::vector<measurement> measure(const std::vector<benchmark>& cases, const setting& with) {
  std::vector<measurement> found;
  std::fputs(table_head().c_str(), stdout);
  for (auto& each : cases)
    each.run(with, [&](measurement made) {
      std::fputs(table_line(made).c_str(), stdout);
      std::fflush(stdout);
      found.push_back(std::move(made));
    });
  return found;
}

bool write_json(const std::string& path, const std::vector<measurement>& found) {
  nlohmann::json report{{"schema", 1},
                        {"commit", current_commit()},
                        {"cores", std::thread::hardware_concurrency()},
                        {"cases", nlohmann::json::array()}};
  for (auto& each : found)
    report["cases"].push_back(as_json(each));
  std::ofstream file{path};
  file << report.dump(2) << '\n';
  return static_cast<bool>(file.flush());
}

int run(const options& given) {
  auto cases = chosen(given.cases);
  if (!cases)
    return 64;
  if (given.list) {
    for (auto& each : *cases)
      std::puts(each.name.c_str());
    return 0;
  }
  scratch_directory scratch;
  auto programs = fs::read_symlink("/proc/self/exe").parent_path();
  auto found = measure(*cases, {programs, scratch.path, given.quick, given.without_log});
  auto correct = std::all_of(found.begin(), found.end(), [](auto& each) { return each.correct(); });
  if (!given.json.empty() && !write_json(given.json, found)) {
    std::fprintf(stderr, "weir-bench: %s: cannot be written\n", given.json.c_str());
    return 74;
  }
  std::vector<std::string> slower;
  if (given.check)
    slower = slower_than_history(given.history, found);
  for (auto& sentence : slower)
    std::puts(sentence.c_str());
  if (given.record)
    record_history(given.history, current_commit(), found);
  return correct && slower.empty() ? 0 : 1;
}

} // namespace

} // namespace weir::bench

int main(int argc, char** argv) {
  auto given = weir::bench::read_options(argc, argv);
  if (given.sender)
    return weir::bench::run_sender(*given.sender);
  try {
    return weir::bench::run(given);
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "weir-bench: %s\n", problem.what());
    return 1;
  }
}
