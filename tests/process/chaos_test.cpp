#include <filesystem>
#include <nlohmann/json.hpp>

#include <catch2/catch.hpp>

#include "tests/process/harness.hpp"

namespace {

using namespace weir::process;

/// Kills a few times and expects what the contract says of the outcome.
void kill_a_few_times(const std::string& input) {
  auto directory = fresh_directory();
  auto outcome =
    run({program("weir"), "chaos", "word-count", "--kills", "5", "--input", input, "--json", directory / "outcome"}, {},
        180s);
  INFO(outcome.output << outcome.errors);
  REQUIRE(outcome.code == 0);
  auto json = nlohmann::json::parse(read_file(directory / "outcome"));
  CHECK(json["effective"] == 5);
  CHECK(json["injected"] >= 5);
  CHECK(json["lost"] == 0);
  CHECK(json["duplicated"] == 0);
  CHECK(json["violations"].empty());
  CHECK(json["recovery_ms"]["max"] >= json["recovery_ms"]["p50"]);
  std::vector<std::string> phases;
  for (auto& [name, kills] : json["by_phase"].items()) {
    phases.push_back(name);
    CHECK(kills >= 1);
  }
  CHECK(phases.size() == 5);
}

} // namespace

TEST_CASE("kills in every phase lose nothing and count nothing twice: weir input", "[chaos]") {
  kill_a_few_times("weir");
}

TEST_CASE("kills in every phase lose nothing and count nothing twice: file input", "[chaos]") {
  kill_a_few_times("file");
}

TEST_CASE("an unknown application and an unknown flag of weir chaos are errors that help", "[chaos]") {
  auto application = run({program("weir"), "chaos", "word-cuont"});
  CHECK(application.code == 78);
  CHECK(application.errors.find("word-count") != std::string::npos);
  auto flag = run({program("weir"), "chaos", "word-count", "--kils", "3"});
  CHECK(flag.code == 64);
  CHECK(flag.errors.find("--kills") != std::string::npos);
}

TEST_CASE("the demo tells its story in plain lines where there is no terminal, and ends with equal counts", "[demo]") {
  auto demo = run({program("weir"), "demo", "--seconds", "6"}, {}, 90s);
  INFO(demo.output << demo.errors);
  CHECK(demo.code == 0);
  CHECK(demo.output.find('\033') == std::string::npos);
  CHECK(demo.output.find("kill -9 ") != std::string::npos);
  CHECK(demo.output.find("back: first commit ") != std::string::npos);
  CHECK(demo.output.find("Equal, word by word") != std::string::npos);
}
