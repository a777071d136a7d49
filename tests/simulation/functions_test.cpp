#include <algorithm>

#include <catch2/catch.hpp>

#include "actors/simulation/world.hpp"
#include "libstream/base/marks.hpp"

using namespace weir::actors;
using namespace weir::actors::simulation;

namespace {

std::uint64_t reached(const outcome& what, std::string_view name) {
  auto place = std::find(std::begin(weir::mark_names), std::end(weir::mark_names), name);
  REQUIRE(place != std::end(weir::mark_names));
  return what.marks[static_cast<std::size_t>(place - std::begin(weir::mark_names))];
}

} // namespace

TEST_CASE("a function that fails has every batch once, in order, like the files, under every policy", "[simulation]") {
  auto policy = GENERATE(error_policy::stop, error_policy::skip, error_policy::isolate);
  std::uint64_t retried = 0, left_out = 0, stops = 0;
  for (std::uint64_t seed = 7001; seed <= 7006; ++seed) {
    auto what = draw_scenario(seed);
    what.poison = {};
    what.function = {true, 40, 30};
    what.settings.on_error = policy;
    what.settings.output_retry_limit = std::chrono::milliseconds{100}; // two attempts, about
    auto ended = run(what);
    CAPTURE(seed, ended.violations);
    CHECK(ended.good());
    retried += reached(ended, "sink.tries_again");
    left_out += reached(ended, "sink.leaves_batch_out");
    stops += ended.poison_stops;
  }
  CHECK(retried > 0);
  CHECK((left_out > 0) == (policy != error_policy::stop));
  CHECK((stops > 0) == (policy == error_policy::stop));
}

TEST_CASE("an output that is tried without a limit takes every batch in the end, and nothing stops for it",
          "[simulation]") {
  auto policy = GENERATE(error_policy::stop, error_policy::skip);
  std::uint64_t retried = 0;
  for (std::uint64_t seed = 7101; seed <= 7104; ++seed) {
    auto what = draw_scenario(seed);
    what.poison = {};
    what.function = {true, 60, 30};
    what.settings.on_error = policy;
    what.settings.output_retry_limit = for_ever;
    auto ended = run(what);
    CAPTURE(seed, ended.violations);
    CHECK(ended.good());
    CHECK(reached(ended, "sink.leaves_batch_out") == 0);
    CHECK(ended.poison_stops == 0);
    retried += reached(ended, "sink.tries_again");
  }
  CHECK(retried > 20);
}

// A batch without tasks never ended, and nothing after it was processed.
TEST_CASE("an output on the input itself has a batch in every interval, also without input, and every line once",
          "[simulation]") {
  std::uint64_t empty = 0;
  for (std::uint64_t seed = 7201; seed <= 7208; ++seed) {
    auto what = draw_scenario(seed);
    what.lines_output = true;
    what.settings.batch_interval = std::chrono::milliseconds{50};
    what.upgrades.intervals.clear();
    auto ended = run(what);
    CAPTURE(seed, ended.violations);
    CHECK(ended.good());
    empty += ended.empty_batches;
  }
  CHECK(empty > 50);
}

// Lines that were not yet logged when the application stopped were demanded.
TEST_CASE("a function that stops the application may cost lines of a sender that cannot know, and nothing else",
          "[simulation]") {
  std::uint64_t stops = 0;
  for (std::uint64_t seed = 7301; seed <= 7306; ++seed) {
    auto what = draw_scenario(seed);
    what.poison = {};
    what.faults = {};
    what.function = {true, 60, 30};
    what.settings.on_error = error_policy::stop;
    what.settings.output_retry_limit = std::chrono::milliseconds{10};
    what.log_job = {std::chrono::microseconds{5'000}, std::chrono::microseconds{50'000}};
    if (what.feeds.empty()) {
      planned_feed lines{"tcp://127.0.0.1:7100", {}, std::chrono::microseconds{500}};
      for (int i = 0; i < 1'000; ++i)
        lines.lines.push_back("line " + std::to_string(i) + "\n");
      what.settings.inputs.push_back(*parse_input_url(lines.url));
      what.feeds.push_back(std::move(lines));
    }
    auto ended = run(what);
    CAPTURE(seed, ended.violations);
    CHECK(ended.good());
    CHECK(ended.injected == 0);
    stops += ended.poison_stops;
  }
  CHECK(stops > 0);
}
