#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string_view>
#include <thread>
#include <unistd.h>

#include "bench/word_count.hpp"

/// `weir-bench [CASE]... [--quick] [--json FILE]`: measures, checks what it measured, and prints a line a case.
namespace weir::bench {

namespace {

namespace fs = std::filesystem;

constexpr auto usage = R"(weir-bench [CASE]... [--quick] [--json FILE]

Measures the cases whose names begin with a CASE (default: all), on 4,000,000 lines of 100 bytes, three runs each.
  --quick      200,000 lines, one run: shows that it works, measures little
  --json FILE  writes the figures
  --list       names the cases
)";

struct options {
  std::vector<std::string> cases;
  bool quick = false;
  bool list = false;
  std::string json;
};

[[noreturn]] void refuse(const std::string& sentence) {
  std::fprintf(stderr, "weir-bench: %s\n", sentence.c_str());
  std::exit(64);
}

options read_options(int argc, char** argv) {
  options result;
  for (int i = 1; i < argc; ++i) {
    std::string_view word = argv[i];
    if (word == "--help" || word == "-h") {
      std::fputs(usage, stdout);
      std::exit(0);
    } else if (word == "--quick") {
      result.quick = true;
    } else if (word == "--list") {
      result.list = true;
    } else if (word == "--json") {
      if (++i == argc)
        refuse("--json needs a file");
      result.json = argv[i];
    } else if (word.starts_with("--json=")) {
      result.json = word.substr(7);
    } else if (word.starts_with("-")) {
      refuse("unknown flag \"" + std::string{word} + "\"; one of --quick, --json, --list, --help");
    } else {
      result.cases.emplace_back(word);
    }
  }
  return result;
}

std::vector<benchmark> chosen(const std::vector<std::string>& names) {
  auto all = word_count_benchmarks();
  std::vector<benchmark> result;
  for (auto& name : names) {
    auto matches = [&](const benchmark& candidate) { return candidate.name.starts_with(name); };
    if (std::none_of(all.begin(), all.end(), matches))
      refuse("no case \"" + name + "\"; --list names them");
  }
  for (auto& candidate : all) {
    auto begins = [&](const std::string& name) { return candidate.name.starts_with(name); };
    if (names.empty() || std::any_of(names.begin(), names.end(), begins))
      result.push_back(candidate);
  }
  return result;
}

double median(std::vector<double> values) {
  if (values.empty())
    return 0;
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void show(const measurement& m) {
  auto rate = median(m.runs);
  if (!m.correct)
    std::printf("%-20s WRONG: %s\n", m.name.c_str(), m.trouble.c_str());
  else
    std::printf("%-20s %10.0f records/s  %7.1f MB/s  %5llu MB resident\n", m.name.c_str(), rate,
                rate * static_cast<double>(m.bytes) / static_cast<double>(m.records) / 1e6,
                static_cast<unsigned long long>(m.rss_peak_bytes >> 20));
  std::fflush(stdout);
}

nlohmann::json as_json(const measurement& m) {
  auto rate = median(m.runs);
  nlohmann::json result{{"name", m.name},       {"executors", m.executors}, {"log", true},   {"correct", m.correct},
                        {"records", m.records}, {"bytes", m.bytes},         {"runs", m.runs}};
  if (rate > 0) {
    result["records_per_s"] = rate;
    result["ns_per_record"] = 1e9 / rate;
    result["rss_peak_bytes"] = m.rss_peak_bytes;
  }
  return result;
}

/// The checked-out commit, or empty outside a clone.
std::string commit() {
  char line[64] = {};
  if (auto* git = ::popen("git rev-parse HEAD 2>/dev/null", "r")) {
    if (!std::fgets(line, sizeof line, git))
      line[0] = 0;
    ::pclose(git);
  }
  std::string result = line;
  return result.substr(0, result.find('\n'));
}

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

int run(const options& given) {
  auto cases = chosen(given.cases);
  if (given.list) {
    for (auto& each : cases)
      std::puts(each.name.c_str());
    return 0;
  }
  scratch_directory scratch;
  setting with{fs::read_symlink("/proc/self/exe").parent_path(), scratch.path, given.quick ? 200'000u : 4'000'000u,
               given.quick ? 1 : 3};
  nlohmann::json report{{"schema", 1},
                        {"commit", commit()},
                        {"cores", std::thread::hardware_concurrency()},
                        {"cases", nlohmann::json::array()}};
  bool correct = true;
  for (auto& each : cases) {
    auto measured = each.measure(with);
    show(measured);
    correct = correct && measured.correct;
    report["cases"].push_back(as_json(measured));
  }
  if (!given.json.empty()) {
    std::ofstream file{given.json};
    file << report.dump(2) << '\n';
    if (!file.flush()) {
      std::fprintf(stderr, "weir-bench: %s: cannot be written\n", given.json.c_str());
      return 74;
    }
  }
  return correct ? 0 : 1;
}

} // namespace

} // namespace weir::bench

int main(int argc, char** argv) {
  auto given = weir::bench::read_options(argc, argv);
  try {
    return weir::bench::run(given);
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "weir-bench: %s\n", problem.what());
    return 1;
  }
}
