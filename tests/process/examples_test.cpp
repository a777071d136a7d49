#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include <catch2/catch.hpp>

#include "tests/process/harness.hpp"

namespace {

using namespace weir::process;
namespace fs = std::filesystem;

std::string expected_of(const std::string& example) {
  auto here = fs::path{__FILE__}.parent_path();
  return read_file(here / "../../apps/examples" / example / "expected.txt");
}

/// `OUTPUT key sum` over all batches of all text outputs in a directory, sorted.
std::string sums_below(const std::string& directory) {
  std::map<std::string, std::uint64_t> sums;
  for (auto& batch : fs::directory_iterator{directory}) {
    auto output = batch.path().filename().string();
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

/// Examples write below their working directory.
finished run_in(const std::string& directory, const std::string& example, const std::string& arguments) {
  return run(
    {"/bin/sh", "-c",
     "cd '" + directory + "' && exec '" + fs::absolute(program("examples/" + example)).string() + "' " + arguments});
}

} // namespace

TEST_CASE("example 01: receivers of text and of numbered orders, and orders are stored once over restarts",
          "[examples]") {
  auto directory = fresh_directory();
  auto end = run_in(directory / "", "01-custom-receiver", "--stop-when-idle=300ms --data-dir data");
  INFO(end.errors);
  REQUIRE(end.code == 0);
  auto expected = expected_of("01-custom-receiver");
  CHECK(sums_below(directory / "out") == expected);
  REQUIRE(run_in(directory / "", "01-custom-receiver", "--stop-when-idle=300ms --data-dir data").code == 0);
  auto again = sums_below(directory / "out");
  auto totals = [](const std::string& text) { return text.substr(0, text.find("words")); };
  CHECK(totals(again) == totals(expected));
}

TEST_CASE("example 02: a program's own actors feed a stream and receive its results", "[examples]") {
  auto directory = fresh_directory();
  auto end = run_in(directory / "", "02-own-actor-system", "");
  INFO(end.errors);
  CHECK(end.code == 0);
  std::replace(end.output.begin(), end.output.end(), '\t', ' ');
  CHECK(end.output == expected_of("02-own-actor-system"));
}
