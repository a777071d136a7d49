#include <chrono>
#include <thread>

#include "bench/case.hpp"
#include "bench/engine/engine.hpp"
#include "bench/engine/process.hpp"
#include "bench/engine/usage.hpp"
#include "libstream/api/dstream.hpp"
#include "libstream/operators/split_words.hpp"

/// What a batch costs that has next to nothing to do, and what an application costs that has nothing to do at all.
namespace weir::bench {

namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

constexpr double target_us = 100;

void word_count(stream_context& ctx) {
  ctx.text_input().flat_map(split_words).count_by_value().named("counts").write_to(ctx.output());
}

/// Bytes that the log's file takes and when it was last written: an idle application leaves both alone.
fs::file_time_type last_write(const fs::path& directory) {
  auto newest = fs::file_time_type::min();
  for (auto& entry : fs::recursive_directory_iterator{directory})
    if (entry.path().filename() == "data.mdb")
      newest = std::max(newest, entry.last_write_time());
  return newest;
}

void measure(const setting& with, measurement& made) {
  auto directory = with.scratch / "empty";
  fs::remove_all(directory);
  engine_options options;
  options.data_dir = directory;
  options.batch_interval = std::chrono::milliseconds{1};
  options.inputs = {"weir://127.0.0.1:0"};
  options.shown = 0;
  forget_peak();
  engine running{word_count, options};
  auto url = running.await_input();
  // One record each millisecond, sent by another process: its time does not count.
  std::uint64_t count = with.quick ? 500 : 4'000;
  auto start = (steady_clock::now() + std::chrono::milliseconds{300}).time_since_epoch().count();
  process sender{{with.programs / "weir-bench", "--sender", url.substr(url.find("//") + 2), "--start",
                  std::to_string(start), "--rate", "1000", "--tick", "1000", "--count", std::to_string(count)}};
  running.await_records(1);
  auto busy = cpu_seconds();
  auto before = running.batches().size();
  running.await_records(count);
  busy = cpu_seconds() - busy;
  auto batches = running.batches().size() - before;
  if (sender.wait().exit_code != 0)
    throw std::runtime_error{"the sender failed: " + sender.said()};

  std::this_thread::sleep_for(std::chrono::milliseconds{300}); // the last publications
  auto written = last_write(directory);
  auto idle_s = with.quick ? 0.5 : 5.0;
  auto idle = cpu_seconds();
  std::this_thread::sleep_for(std::chrono::duration<double>{idle_s});
  idle = cpu_seconds() - idle;
  auto quiet = last_write(directory) == written && running.batches().size() == before + batches;
  made.more["idle_cpu_share"] = idle / idle_s;
  made.more["idle_resident_bytes"] = resident_bytes(); // of this whole benchmark program
  made.more["idle_log_writes"] = quiet ? 0 : 1;
  made.rss_peak_bytes = peak_resident_bytes();
  running.finish();
  fs::remove_all(directory);
  made.records = count;
  made.bytes = count * 100;
  if (auto seen = running.batches(); seen.back().records_before + seen.back().summary.records != count)
    made.trouble = "not all records were committed";
  if (!quiet)
    made.trouble = "an idle application wrote to its log";
  auto us = 1e6 * busy / static_cast<double>(batches);
  made.more["batches"] = batches;
  made.more["cpu_us_per_batch"] = us;
  char text[160];
  std::snprintf(text, sizeof text, "<= 100 us a batch: %.0f us; idle: < 1 %% of a core: %.2f %%", us,
                100 * idle / idle_s);
  made.target = text;
  made.met = us <= target_us && idle / idle_s < 0.01;
}

} // namespace

std::vector<benchmark> empty_batch_benchmarks() {
  return {{"empty-batch", [](const setting& with, const auto& report) {
             measurement made;
             made.name = "empty-batch";
             made.log = true;
             try {
               measure(with, made);
             } catch (const std::exception& problem) {
               made.trouble = problem.what();
             }
             report(std::move(made));
           }}};
}

} // namespace weir::bench
