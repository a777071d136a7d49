#include "bench/throughput.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "bench/engine/log_alone.hpp"
#include "bench/engine/memory_feed.hpp"
#include "bench/engine/usage.hpp"

namespace weir::bench {

namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;
using seconds = std::chrono::duration<double>;

struct pace {
  int rounds;
  double engine_s;    ///< measured, behind the warm-up
  double yardstick_s; ///< at least
  std::size_t warm_up_batches;
};
pace pace_of(const setting& with, bool log) {
  if (with.quick)
    return {1, 0.15, 0.05, 2};
  return log ? pace{3, 0.8, 0.25, 4} : pace{5, 0.6, 0.25, 4};
}

/// Batches of a fed run: long enough for about 30 MB at the speed of the log.
constexpr std::chrono::milliseconds fed_interval{50};
/// Batches of a fed run that are computed again naively; of the others only the totals are compared.
constexpr std::size_t batches_checked = 3;

struct run_figures {
  double records_per_s = 0;
  std::uint64_t records = 0;
};

/// `records` that were computed between the commit of the last warm-up batch and that of the last batch.
run_figures figures_of(const std::vector<seen_batch>& batches, std::size_t warm_up, std::uint64_t records) {
  auto took = seconds(batches.back().committed - batches.at(warm_up - 1).committed).count();
  return {static_cast<double>(records) / took, records};
}

/// Runs until the measured time is over; the batches of that time.
std::vector<seen_batch> run_for(engine& running, const pace& at) {
  running.await_batches(at.warm_up_batches);
  auto until = steady_clock::now() + std::chrono::duration_cast<steady_clock::duration>(seconds{at.engine_s});
  for (auto count = at.warm_up_batches; steady_clock::now() < until;)
    running.await_batches(++count);
  return running.batches();
}

void require(bool holds, const std::string& otherwise) {
  if (!holds)
    throw std::runtime_error{otherwise};
}

std::string first_of(const lines& of) { return of.empty() ? "nothing" : "\"" + of.front() + "\""; }

run_figures run_constant(const throughput_case& what, std::uint32_t executors, const std::string& data_dir,
                         const pace& at) {
  engine_options options;
  options.executors = executors;
  options.data_dir = data_dir;
  engine running{[&](stream_context& ctx) { what.constant(ctx, 2 * executors); }, options};
  auto measured = run_for(running, at);
  running.finish();
  auto shown = running.shown();
  require(shown.size() == running.batches().size(), "not every batch was shown");
  for (auto& [time, seen] : shown)
    require(seen == what.expected, "the batch of " + std::to_string(time) + " showed " + first_of(seen) +
                                     ", expected " + first_of(what.expected));
  return figures_of(measured, at.warm_up_batches, (measured.size() - at.warm_up_batches) * what.records);
}

/// The text of `records` lines that begin behind the first `from`, of blocks that come round again and again.
std::string text_between(const memory_feed& feed, std::uint64_t from, std::uint64_t records) {
  std::string text;
  std::uint64_t begin = 0, total = 0;
  for (auto& block : feed.blocks())
    total += block.records;
  begin = from / total * total;
  for (std::size_t i = 0; begin < from + records; i = (i + 1) % feed.blocks().size()) {
    auto& block = feed.blocks()[i];
    if (begin >= from)
      text += block.bytes->view();
    begin += block.records;
  }
  return text;
}

void check_fed(const throughput_case& what, const engine& ran, const memory_feed& feed) {
  auto batches = ran.batches();
  auto& last = batches.back();
  require(last.records_before + last.summary.records == feed.acknowledged_records(),
          "acknowledged " + std::to_string(feed.acknowledged_records()) + " records, computed " +
            std::to_string(last.records_before + last.summary.records));
  auto shown = ran.shown();
  auto step = std::max<std::size_t>(1, batches.size() / batches_checked);
  for (std::size_t i = 0; i < batches.size(); i += step) {
    auto& batch = batches[i];
    auto expected = what.model(text_between(feed, batch.records_before, batch.summary.records));
    auto& seen = shown[batch.summary.time_ms];
    require(seen == expected, "batch " + std::to_string(i) + " of " + std::to_string(batch.summary.records) +
                                " records showed " + first_of(seen) + ", expected " + first_of(expected));
  }
}

run_figures run_fed(const throughput_case& what, std::uint32_t executors, const std::string& data_dir, const pace& at,
                    const std::vector<memory_feed::block>& blocks) {
  auto feed = std::make_shared<memory_feed>(blocks);
  engine_options options;
  options.executors = executors;
  options.data_dir = data_dir;
  options.batch_interval = fed_interval;
  options.inputs = {"weir://127.0.0.1:1"};
  options.feed = feed;
  engine running{what.fed, options};
  auto measured = run_for(running, at);
  running.finish();
  check_fed(what, running, *feed);
  auto& first = measured.at(at.warm_up_batches - 1);
  auto& last = measured.back();
  return figures_of(measured, at.warm_up_batches,
                    last.records_before + last.summary.records - first.records_before - first.summary.records);
}

/// A loop whose memory is warm.
hand_loop<lines> warm_yardstick(const throughput_case& what, std::uint32_t threads) {
  auto loop = what.yardstick(threads);
  loop.work(1);
  return loop;
}

double time_yardstick(const throughput_case& what, const hand_loop<lines>& loop, const pace& at) {
  for (int times = 1;; times *= 2) {
    auto began = steady_clock::now();
    loop.work(times);
    auto took = seconds(steady_clock::now() - began).count();
    if (took < at.yardstick_s)
      continue;
    auto shown = loop.result();
    require(shown == what.expected, "the yardstick found " + first_of(shown) + ", expected " + first_of(what.expected));
    return static_cast<double>(what.records) * times / took;
  }
}

measurement blank(const throughput_case& what, std::uint32_t executors, bool log) {
  measurement made;
  made.name = what.name;
  made.executors = executors;
  made.log = log;
  made.more["batch_records"] = what.records;
  made.more["batch_bytes"] = what.bytes;
  return made;
}

void add_run(measurement& to, const run_figures& run, const throughput_case& what) {
  to.runs.push_back(run.records_per_s);
  to.records += run.records;
  to.bytes = to.records * what.bytes / what.records;
}

std::string percent(double share) { return std::to_string(static_cast<int>(share * 100 + 0.5)) + " %"; }

void measure_unlogged(const throughput_case& what, const pace& at, const hand_loop<lines>& by_hand, measurement& made) {
  for (int i = 0; i < at.rounds; ++i) {
    made.yardstick.push_back(time_yardstick(what, by_hand, at));
    add_run(made, run_constant(what, made.executors, "", at), what);
  }
  auto wanted = made.executors == 1 ? what.target_alone : what.target_pair;
  made.target = ">= " + percent(wanted) + " of the yardstick";
  made.met = made.ratio() >= wanted;
}

std::vector<memory_feed::block> blocks_of(const text_input& text) {
  std::vector<memory_feed::block> blocks;
  auto bytes = text.blocks();
  for (auto& block : bytes)
    blocks.push_back({block, static_cast<std::uint64_t>(std::count(block->view().begin(), block->view().end(), '\n'))});
  return blocks;
}

/// The target is 80 % of the same run without log, or of what the log alone takes, whichever is less.
void measure_logged(const throughput_case& what, const setting& with, const pace& at, const hand_loop<lines>& by_hand,
                    measurement& made) {
  auto directory = with.scratch / "data";
  auto blocks = what.fed ? blocks_of(*what.text) : std::vector<memory_feed::block>{};
  std::vector<double> without, alone;
  for (int i = 0; i < at.rounds; ++i) {
    fs::remove_all(directory);
    fs::create_directories(directory);
    made.yardstick.push_back(time_yardstick(what, by_hand, at));
    if (what.fed) {
      add_run(made, run_fed(what, made.executors, directory, at, blocks), what);
      without.push_back(run_fed(what, made.executors, "", at, blocks).records_per_s);
      auto rate =
        log_alone_bytes_per_s(what.text->blocks(), with.scratch / "log", (with.quick ? 32 : 128) * limits::mib);
      alone.push_back(rate * static_cast<double>(what.records) / static_cast<double>(what.bytes));
    } else {
      add_run(made, run_constant(what, made.executors, directory, at), what);
      without.push_back(run_constant(what, made.executors, "", at).records_per_s);
    }
  }
  fs::remove_all(directory);
  auto least = median(without);
  made.more["without_log_records_per_s"] = median(without);
  if (!alone.empty()) {
    made.more["log_alone_records_per_s"] = median(alone);
    least = std::min(least, median(alone));
  }
  made.more["logged"] = what.fed ? "input, batches, results" : "batches, results";
  made.more["ratio_to_least"] = median(made.runs) / least;
  made.target = ">= 80 % without log or log alone: " + percent(median(made.runs) / least);
  made.met = median(made.runs) >= 0.8 * least;
}

} // namespace

void measure_throughput(const throughput_case& what, const setting& with,
                        const std::function<void(measurement)>& report) {
  for (std::uint32_t executors : {1u, 2u}) {
    hand_loop<lines> by_hand; // one for all rows
    for (bool log : {false, true}) {
      if (log && with.without_log)
        continue;
      auto made = blank(what, executors, log);
      auto at = pace_of(with, log);
      forget_peak();
      try {
        if (!by_hand.work)
          by_hand = warm_yardstick(what, executors);
        if (log)
          measure_logged(what, with, at, by_hand, made);
        else
          measure_unlogged(what, at, by_hand, made);
      } catch (const std::exception& problem) {
        made.trouble = problem.what();
      }
      made.rss_peak_bytes = peak_resident_bytes();
      report(std::move(made));
    }
  }
}

} // namespace weir::bench
