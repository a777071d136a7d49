#include "tests/process/examples.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include <catch2/catch.hpp>

namespace weir::process {

namespace fs = std::filesystem;

std::string expected_of(const std::string& example) {
  auto here = fs::path{__FILE__}.parent_path();
  return read_file(here / "../../apps/examples" / example / "expected.txt");
}

std::string sums_below(const std::string& directory) {
  std::map<std::string, std::uint64_t> sums;
  for (auto& batch : fs::directory_iterator{directory}) {
    auto output = batch.path().filename().string();
    if (output.front() == '.') // begun by a process that was killed
      continue;
    output.resize(output.rfind('-'));
    REQUIRE(fs::exists(batch.path() / "_SUCCESS"));
    for (auto& part : fs::directory_iterator{batch.path()}) {
      std::ifstream lines{part.path()};
      for (std::string line; std::getline(lines, line);) {
        auto tab = line.rfind('\t');
        sums[output + " " + line.substr(0, tab)] += std::stoull(line.substr(tab + 1));
      }
    }
  }
  std::ostringstream text;
  for (auto& [key, sum] : sums)
    text << key << " " << sum << "\n";
  return text.str();
}

std::vector<std::string> in(const std::string& directory, const std::string& example, const std::string& arguments) {
  return {"/bin/sh", "-c",
          "cd '" + directory + "' && exec '" + fs::absolute(program("examples/" + example)).string() + "' " +
            arguments};
}

std::vector<std::pair<std::string, std::string>> short_runs() {
  const std::string ends = " --data-dir data --stop-when-idle=50ms --set graceful_stop.limit=500ms --set "
                           "log.limit=1GiB --set memory.limit=128MiB";
  const std::string counts = "--input file:in --output text:out/all --set file.settle=0ms --set on_error=skip" + ends;
  const std::map<std::string, std::string> others{{"01-custom-receiver", ends},
                                                  {"02-own-actor-system", "--data-dir data"},
                                                  {"05-generated-queue", "--stop-after 100ms --data-dir none"},
                                                  {"11-batch-job", "in out"},
                                                  {"12-object-files", "save out"}};
  std::vector<std::pair<std::string, std::string>> runs;
  for (auto& each : fs::directory_iterator{program("examples")}) {
    auto name = each.path().filename().string();
    auto other = others.find(name);
    runs.emplace_back(name, other == others.end() ? counts : other->second);
  }
  REQUIRE(runs.size() >= 13);
  std::sort(runs.begin(), runs.end());
  return runs;
}

} // namespace weir::process
