#include <csignal>
#include <memory>
#include <sstream>

#include <nlohmann/json.hpp>

#include <catch2/catch.hpp>

#include "tests/process/harness.hpp"
#include "tests/process/line_server.hpp"

namespace {

using namespace weir::process;
using nlohmann::json;

constexpr double rate = 1'001;

/// What an application has sealed so far: when, since 1970, and how many records in all.
struct progress {
  double since_s = 0; ///< it took records from here on, at the earliest
  std::vector<std::pair<double, double>> sealed;

  double lasted_s() const { return sealed.empty() ? 0 : sealed.back().first - sealed.front().first; }
};

/// Of the application's log. A batch is sealed some time after its batch time, and the log says how long.
progress progress_in(const std::string& log) {
  progress found;
  std::istringstream lines{log.substr(0, log.rfind('\n') + 1)};
  double records = 0;
  for (std::string line; std::getline(lines, line);) {
    auto event = line.starts_with('{') ? json::parse(line) : json::object();
    if (event.value("event", "") == "started")
      found.since_s = event.at("time_ms").get<double>() / 1e3;
    if (event.value("event", "") != "batch_committed")
      continue;
    records += event.at("records").get<double>();
    found.sealed.emplace_back(
      event.at("batch_time_ms").get<double>() / 1e3 + event.at("scheduling_delay_us").get<double>() / 1e6, records);
  }
  return found;
}

/// Three applications, each with one input that has far more to give than its rate allows.
class paced_inputs {
public:
  explicit paced_inputs(std::uint64_t lines_each) {
    generate(directories_[0] / "text", lines_each);
    text_ = read_file(directories_[0] / "text");
    start("generate://?count=10000000&bytes=20");
    start(server_.url());
    server_.accept();
    server_.say_what_fits(text_, 200);
    start("weir://127.0.0.1:0");
    sender_ = std::make_unique<running>(send(directories_[0] / "text", applications_.back()->await_ready()));
  }

  running& application(std::size_t number) { return *applications_.at(number); }

private:
  void start(const std::string& input) {
    applications_.push_back(std::make_unique<running>(
      word_count(directories_[applications_.size()],
                 {"--input", input, "--batch-interval", "50ms", "--log-level", "info", "--log-format", "json", "--set",
                  "block_interval=5ms", "--set", "backpressure.max_rate=" + std::to_string(static_cast<int>(rate))})));
  }

  weir::tool::temporary_directory directories_[3] = {fresh_directory(), fresh_directory(), fresh_directory()};
  weir::testing::line_server server_;
  std::string text_;
  std::vector<std::unique_ptr<running>> applications_;
  std::unique_ptr<running> sender_;
};

progress await_seconds(running& application, double seconds) {
  progress seen;
  application.await("it has sealed batches for " + std::to_string(seconds) + " s", [&] {
    seen = progress_in(application.errors());
    return seen.lasted_s() >= seconds;
  });
  return seen;
}

} // namespace

// 262,144 lines came at once from a generator that was held to 50 a second, and 35,860 in half a second to a receiver held to 1,001.
TEST_CASE("an input takes no more than its rate from the first record on, however much waits", "[rates]") {
  paced_inputs in{8'000};
  for (std::size_t input = 0; input < 3; ++input) {
    auto seen = await_seconds(in.application(input), 1.5);
    CAPTURE(input, in.application(input).errors());
    REQUIRE(seen.since_s > 0);
    // A slow machine makes records later, never more.
    for (auto& [at, records] : seen.sealed)
      CHECK(records <= rate * (at - seen.since_s) + 0.05 * rate + 1);
    CHECK(seen.sealed.back().second >= 0.5 * rate * seen.lasted_s());
  }
}

TEST_CASE("each second brings what the rate says, five in a hundred more or less, for ten seconds", "[rates][long]") {
  paced_inputs in{30'000};
  for (int second = 1; second <= 11; ++second) // an application whose log nobody reads drops lines
    for (std::size_t input = 0; input < 3; ++input)
      await_seconds(in.application(input), second);
  for (std::size_t input = 0; input < 3; ++input) {
    auto sealed = await_seconds(in.application(input), 11).sealed;
    for (std::size_t i = 1, j = 1; i < sealed.size(); ++i) {
      while (j < sealed.size() && sealed[j].first - sealed[i].first < 1)
        ++j;
      if (j == sealed.size())
        break;
      auto per_second = (sealed[j].second - sealed[i].second) / (sealed[j].first - sealed[i].first);
      CAPTURE(input, i, sealed[i].first - sealed[0].first, per_second);
      CHECK(per_second <= 1.05 * rate + 5); // a block is cut every 5 ms
      CHECK(per_second >= 0.95 * rate - 5);
    }
  }
}
