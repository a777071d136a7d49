#include <map>

#include <catch2/catch.hpp>

#include "actors/simulation/world.hpp"

using namespace weir::actors;
using namespace weir::actors::simulation;

namespace {

/// Nothing fails, and every input has more to give than its rate allows.
scenario calm(std::uint64_t rate) {
  scenario made;
  made.seed = rate;
  auto& settings = made.settings;
  settings.batch_interval = std::chrono::milliseconds{100};
  settings.block_interval = std::chrono::milliseconds{1};
  settings.file_settle = std::chrono::microseconds{0};
  settings.backpressure_max_rate = rate;
  settings.graceful_stop_limit = std::chrono::hours{1};
  made.partitions = 2;
  made.output_prefixes = {"/out/counts"};
  auto fast = time_range{std::chrono::microseconds{10}, std::chrono::microseconds{100}};
  made.log_job = made.task_job = made.sink_job = made.listing_job = made.link = made.downtime = made.full_disk = fast;
  auto lines_of = [&](const std::string& whose) {
    std::vector<std::string> lines;
    for (std::uint64_t i = 0; i < 8 * rate; ++i)
      lines.push_back(whose + std::to_string(i % 7) + " line\n");
    return lines;
  };
  // Frames of twice what a second may bring.
  settings.inputs.push_back(*parse_input_url("weir://127.0.0.1:7000"));
  planned_producer producer;
  producer.name = "fast";
  producer.address = "127.0.0.1:7000";
  producer.pace = std::chrono::microseconds{100};
  auto lines = lines_of("weir");
  auto frame_lines = static_cast<std::ptrdiff_t>(2 * rate);
  for (auto from = lines.begin(); from != lines.end(); from += frame_lines)
    producer.packs.emplace_back().lines.assign(from, from + frame_lines);
  made.producers.push_back(std::move(producer));
  made.feeds.push_back({"tcp://127.0.0.1:7100", lines_of("tcp"), std::chrono::microseconds{500}});
  made.feeds.push_back(
    {"generate://?count=" + std::to_string(8 * rate) + "&bytes=20&vocabulary=7", {}, std::chrono::microseconds{500}});
  for (auto& feed : made.feeds)
    settings.inputs.push_back(*parse_input_url(feed.url));
  settings.inputs.push_back(*parse_input_url("file:///in"));
  planned_file file;
  file.directory = "/in";
  file.name = "large";
  for (auto& line : lines_of("file"))
    file.bytes += line;
  made.files.push_back(std::move(file));
  return made;
}

/// Records that an input has in the batches of (from, from + 1 s].
std::uint64_t records_in(const std::map<std::int64_t, std::uint64_t>& batches, std::int64_t from) {
  std::uint64_t sum = 0;
  for (auto at = batches.upper_bound(from); at != batches.end() && at->first <= from + 1'000; ++at)
    sum += at->second;
  return sum;
}

} // namespace

// A rate let everything in that had come before the first look, and then nothing for as long.
TEST_CASE("every input is held to its rate from the first record on, and reaches it", "[simulation]") {
  auto rate = GENERATE(std::uint64_t{50}, std::uint64_t{1'001});
  auto ended = run(calm(rate));
  CAPTURE(rate, ended.violations);
  REQUIRE(ended.good());
  std::map<std::uint32_t, std::map<std::int64_t, std::uint64_t>> inputs;
  for (auto& taken : ended.inputs)
    inputs[taken.input][taken.time_ms] += taken.records;
  REQUIRE(inputs.size() == 4);
  for (auto& [input, batches] : inputs) {
    auto begin = batches.begin()->first - 100;
    for (auto from = begin; from < begin + 6'000; from += 100) {
      auto records = static_cast<double>(records_in(batches, from));
      CAPTURE(input, from - begin, records);
      // A block may be in the batch after the one of its time.
      CHECK(records <= 1.06 * static_cast<double>(rate) + 2);
      CHECK(records >= 0.95 * static_cast<double>(rate) - 1);
    }
  }
}

// Bytes said how many lines a batch would have: the first one with short lines after long ones had many times as many as the rate allows.
TEST_CASE("no second holds more lines of files than the rate allows, however their lengths change", "[simulation]") {
  auto rate = GENERATE(std::uint64_t{50}, std::uint64_t{1'001});
  auto planned = calm(rate);
  planned.producers.clear();
  planned.feeds.clear();
  planned.files.clear();
  planned.settings.inputs = {*parse_input_url("file:///in")};
  std::uint64_t all = 0;
  for (std::size_t number = 0; number < 5; ++number) {
    planned_file file;
    file.directory = "/in";
    file.name = "file" + std::to_string(number);
    for (auto bytes : {400, 1, 90, 2})
      for (std::uint64_t i = 0; i < rate * 2 / 5; ++i, ++all)
        file.bytes += std::string(static_cast<std::size_t>(bytes), static_cast<char>('a' + i % 3)) + "\n";
    planned.files.push_back(std::move(file));
  }
  auto ended = run(planned);
  CAPTURE(rate, ended.violations);
  REQUIRE(ended.good());
  std::map<std::int64_t, std::uint64_t> batches;
  std::uint64_t read = 0;
  for (auto& taken : ended.inputs) {
    batches[taken.time_ms] += taken.records;
    read += taken.records;
    CHECK(static_cast<double>(taken.records) <= 0.105 * static_cast<double>(rate) + 1);
  }
  CHECK(read == all);
  auto begin = batches.begin()->first - 100;
  for (auto from = begin; from < begin + 7'000; from += 100) {
    auto records = static_cast<double>(records_in(batches, from));
    CAPTURE(from - begin, records);
    CHECK(records <= 1.05 * static_cast<double>(rate) + 2);
    CHECK(records >= 0.9 * static_cast<double>(rate) - 2);
  }
}
