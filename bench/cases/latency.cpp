#include <algorithm>
#include <chrono>
#include <ctime>
#include <sys/resource.h>

#include "bench/case.hpp"
#include "bench/engine/engine.hpp"
#include "bench/engine/process.hpp"
#include "bench/engine/sender.hpp"
#include "bench/engine/usage.hpp"
#include "bench/yardsticks/word_count.hpp"
#include "libstream/api/dstream.hpp"
#include "libstream/operators/split_words.hpp"

/// How long after a record was due its batch is durably committed: sent open loop by another process, so a server that stalls makes
/// the records wait that come meanwhile, and that counts.
namespace weir::bench {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t rate = 500'000;
constexpr std::chrono::milliseconds until_first_record{500};

void word_count(stream_context& ctx) {
  ctx.text_input().flat_map(split_words).count_by_value().named("counts").write_to(ctx.output());
}

/// The different words of records [from, from + count) of the sender.
std::uint64_t words_of(std::string_view lines, std::uint64_t from, std::uint64_t count) {
  std::string text;
  for (std::uint64_t i = 0; i < count;) {
    auto at = (from + i) % sender_cycle;
    auto run = std::min(count - i, sender_cycle - at);
    text += lines.substr(at * 100, run * 100);
    i += run;
  }
  auto size = text.size();
  text.append(128, '\0');
  return std::get<0>(once(word_count_by_hand(std::string_view{text}.substr(0, size), probing::few_keys, 1)));
}

/// `print:0` shows how many words a batch had: compared with what these records hold.
std::string wrong_batch(const engine& ran, std::string_view lines) {
  auto shown = ran.shown();
  auto batches = ran.batches();
  auto step = std::max<std::size_t>(1, batches.size() / 500);
  for (std::size_t i = 0; i < batches.size(); i += step) {
    auto& batch = batches[i];
    auto expected = words_of(lines, batch.records_before, batch.summary.records);
    auto line = "... (" + std::to_string(expected) + " records)";
    auto& seen = shown[batch.summary.time_ms];
    if (seen != std::vector{line})
      return "a batch of " + std::to_string(batch.summary.records) + " records showed " +
             (seen.empty() ? "nothing" : seen.front()) + ", expected " + line;
  }
  return {};
}

/// Over all records: commit of its batch minus the time at which it was due.
percentiles latency_of(const std::vector<seen_batch>& batches, std::int64_t start_ns) {
  std::vector<float> all;
  for (auto& batch : batches) {
    auto committed = batch.committed.time_since_epoch().count();
    for (std::uint64_t i = 0; i < batch.summary.records; ++i) {
      auto due = start_ns + static_cast<std::int64_t>((batch.records_before + i) * 1'000'000'000u / rate);
      all.push_back(static_cast<float>(committed - due) * 1e-6f);
    }
  }
  auto at = [&](double share) {
    auto place = all.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(all.size() - 1));
    std::nth_element(all.begin(), place, all.end());
    return static_cast<double>(*place);
  };
  return {at(0.5), at(0.99), at(1)};
}

double within(const std::vector<seen_batch>& batches, std::chrono::microseconds interval) {
  auto in_time = std::count_if(batches.begin(), batches.end(), [&](auto& batch) {
    return batch.committed_wall_us <= batch.summary.time_ms * 1000 + interval.count();
  });
  return static_cast<double>(in_time) / static_cast<double>(batches.size());
}

void measure(const setting& with, std::chrono::milliseconds interval, measurement& made) {
  auto directory = with.scratch / "latency";
  fs::remove_all(directory);
  auto lines = make_sender_lines();
  engine_options options;
  options.executors = made.executors;
  options.data_dir = directory;
  options.batch_interval = interval;
  options.inputs = {"weir://127.0.0.1:0"};
  options.shown = 0;
  forget_peak();
  auto count = rate * (with.quick ? 1 : 10);
  engine running{word_count, options};
  auto url = running.await_input();
  auto start = std::chrono::steady_clock::now() + until_first_record;
  auto start_ns = start.time_since_epoch().count();
  auto cpu = cpu_seconds();
  process sender{{with.programs / "weir-bench", "--sender", url.substr(url.find("//") + 2), "--start",
                  std::to_string(start_ns), "--rate", std::to_string(rate), "--count", std::to_string(count)}};
  running.await_records(count);
  cpu = cpu_seconds() - cpu;
  made.rss_peak_bytes = peak_resident_bytes();
  if (sender.wait().exit_code != 0)
    throw std::runtime_error{"the sender failed: " + sender.said()};
  running.finish();
  fs::remove_all(directory);
  auto batches = running.batches();
  made.trouble = wrong_batch(running, lines);
  made.records = batches.back().records_before + batches.back().summary.records;
  made.bytes = made.records * 100;
  if (made.records != count)
    made.trouble = "sent " + std::to_string(count) + " records, committed " + std::to_string(made.records);
  made.latency_ms = latency_of(batches, start_ns);
  made.within_interval = within(batches, interval);
  made.more["batches"] = batches.size();
  made.more["cpu_s"] = cpu;
  made.more["sent_records_per_s"] = rate;
  if (interval.count() == 1) {
    made.target = "p50 <= 2 ms, p99 <= 5 ms, 99 % within";
    made.met = made.latency_ms->p50 <= 2 && made.latency_ms->p99 <= 5 && *made.within_interval >= 0.99;
  }
}

benchmark with_interval(int ms) {
  auto name = "latency/" + std::to_string(ms) + "ms";
  return {name, [=](const setting& with, const auto& report) {
            measurement made;
            made.name = name;
            made.log = true;
            made.executors = 1;
            try {
              measure(with, std::chrono::milliseconds{ms}, made);
            } catch (const std::exception& problem) {
              made.trouble = problem.what();
            }
            report(std::move(made));
          }};
}

} // namespace

std::vector<benchmark> latency_benchmarks() {
  return {with_interval(1), with_interval(5), with_interval(10), with_interval(100)};
}

} // namespace weir::bench
