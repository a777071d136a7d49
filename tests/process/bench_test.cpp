#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/process/harness.hpp"

namespace {

using namespace weir::process;
using nlohmann::json;

/// A quick run of some cases. What it measures says little; that the results are right says all.
json measure(const std::vector<std::string>& cases, const std::string& file) {
  auto arguments = std::vector<std::string>{program("weir-bench"), "--quick", "--json", file};
  arguments.insert(arguments.end(), cases.begin(), cases.end());
  auto ended = run(arguments, {}, std::chrono::seconds{120});
  INFO(ended.output << ended.errors);
  REQUIRE(ended.code == 0);
  return json::parse(read_file(file));
}

} // namespace

TEST_CASE("a benchmark checks its results, and measures each beside a yardstick", "[bench]") {
  auto directory = fresh_directory();
  auto report = measure({"wordcount/lines100", "keyed-sum/10k", "chain"}, directory / "report.json");
  CHECK(report.at("schema") == 1);
  CHECK(report.at("cores").get<int>() >= 1);
  CHECK(report.at("cases").size() == 3 * 4); // one and two executors, without and with log
  for (auto& each : report.at("cases")) {
    INFO(each.dump());
    CHECK(each.at("correct") == true);
    CHECK(each.at("records").get<std::uint64_t>() > 0);
    CHECK(each.at("records_per_s").get<double>() > 0);
    CHECK(each.at("yardstick_records_per_s").get<double>() > 0);
    CHECK(each.at("ratio").get<double>() > 0);
    CHECK(!each.at("runs").empty());
  }
}

TEST_CASE("a benchmark refuses a case that it does not know", "[bench]") {
  auto ended = run({program("weir-bench"), "wordcount/lines101"});
  CHECK(ended.code == 64);
  CHECK(ended.errors.find("wordcount/lines101") != std::string::npos);
}

TEST_CASE("a benchmark tells what became slower than the recorded history", "[bench]") {
  auto directory = fresh_directory();
  auto history = directory / "history.json";
  auto measured = [&] {
    return run({program("weir-bench"), "--quick", "--check", "--history", history, "grep"}, {},
               std::chrono::seconds{120});
  };
  write_file(history, R"([{"commit":"abc","date":"2026-01-01","cases":{"grep/lines100|1|none":0.0001}}])");
  CHECK(measured().code == 0);
  write_file(history, R"([{"commit":"abc","date":"2026-01-01","cases":{"grep/lines100|1|none":10000}}])");
  auto ended = measured();
  CHECK(ended.code == 1);
  CHECK(ended.output.find("grep/lines100|1|none became slower") != std::string::npos);
}
