#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

#include "actors/runtime/setting_values.hpp"
#include "bench/case.hpp"
#include "bench/engine/engine.hpp"
#include "bench/engine/memory_feed.hpp"
#include "bench/engine/slow_files.hpp"
#include "bench/engine/usage.hpp"
#include "bench/inputs/text_inputs.hpp"
#include "libstream/api/dstream.hpp"
#include "libstream/base/limits.hpp"

/// Gigabytes through an output slowed to a tenth of the input's rate, then through one that has recovered: memory and log stay within
/// their bounds, the source is slowed, nothing is lost, and the throughput comes back.
namespace weir::bench {

namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;
using seconds = std::chrono::duration<double>;

/// More than receiver, batches in flight and unpublished results hold together.
constexpr std::uint64_t fill_bytes = 300'000'000;

/// As large an output as the input: each line as it came.
application copy_lines(const std::string& prefix) {
  return [prefix](stream_context& ctx) {
    ctx.text_input()
      .filter([](std::string_view line) { return !line.empty(); })
      .named("lines")
      .write_to(text_files(prefix));
  };
}

std::uint64_t log_bytes(const fs::path& directory) {
  std::uint64_t bytes = 0;
  for (auto& entry : fs::recursive_directory_iterator{directory})
    if (entry.path().filename() == "data.mdb")
      bytes = std::max<std::uint64_t>(bytes, entry.file_size());
  return bytes;
}

class memory_run {
public:
  explicit memory_run(const setting& with) : with_{with} {
    text_input text{make_lines100(16 * limits::mib)};
    std::vector<memory_feed::block> blocks;
    for (auto& block : text.blocks()) {
      std::uint64_t lines = 0;
      checks_.push_back(check_of_lines(block->view(), lines));
      blocks.push_back({block, lines});
    }
    feed_ = std::make_shared<memory_feed>(std::move(blocks));
    files_ = std::make_shared<slow_files>();
    directory_ = with.scratch / "memory";
    fs::remove_all(directory_);
    total_ = with.quick ? 500'000'000 : 5'000'000'000;
  }

  void run(measurement& made) {
    forget_peak();
    engine_options options;
    options.data_dir = directory_;
    options.batch_interval = std::chrono::milliseconds{50};
    options.inputs = {"weir://127.0.0.1:1"};
    options.feed = feed_;
    options.files = files_;
    options.budgets_of_limit = true;
    engine running{copy_lines((with_.scratch / "out").string()), options};
    auto unthrottled = rate_until(running, total_ * 4 / 10);
    files_->bytes_per_second(static_cast<std::uint64_t>(unthrottled / 10));
    // Until all that fits between source and sink is full: only then the source feels the sink.
    rate_until(running, feed_->taken_bytes() + fill_bytes);
    auto slowed = rate_until(running, feed_->taken_bytes() + total_ / 50);
    auto recovering = steady_clock::now();
    files_->bytes_per_second(0);
    auto back = recovered_after(running, recovering, 0.8 * unthrottled);
    feed_->stop_after(total_);
    running.await([&] { return feed_->taken_bytes() + limits::block_bytes > total_; }, std::chrono::seconds{120});
    running.finish();
    log_peak_ = std::max(log_peak_, log_bytes(directory_));
    made.rss_peak_bytes = peak_resident_bytes();
    made.records = feed_->acknowledged_records();
    made.bytes = feed_->taken_bytes();
    made.trouble = wrong();
    tell(made, unthrottled, slowed, back);
    fs::remove_all(directory_);
  }

private:
  /// Bytes a second that the source gets rid of, until it has got rid of so many.
  double rate_until(engine& running, std::uint64_t bytes) {
    auto from = feed_->taken_bytes();
    auto began = steady_clock::now();
    running.await(
      [&] {
        log_peak_ = std::max(log_peak_, log_bytes(directory_));
        return feed_->taken_bytes() >= bytes;
      },
      std::chrono::seconds{240});
    return static_cast<double>(feed_->taken_bytes() - from) / seconds(steady_clock::now() - began).count();
  }

  /// Seconds until the source is as fast as wanted over a fifth of a second.
  double recovered_after(engine& running, steady_clock::time_point since, double wanted) {
    for (;;) {
      auto from = feed_->taken_bytes();
      auto began = steady_clock::now();
      std::this_thread::sleep_for(std::chrono::milliseconds{200});
      running.await([] { return true; }, std::chrono::seconds{1});
      auto rate = static_cast<double>(feed_->taken_bytes() - from) / seconds(steady_clock::now() - began).count();
      if (rate >= wanted || steady_clock::now() - since > std::chrono::seconds{20})
        return seconds(began - since).count();
    }
  }

  /// The blocks went round in order, and each was published whole: so the sink's sums are known.
  std::string wrong() const {
    std::uint64_t records = 0, check = 0;
    for (std::size_t i = 0; records < feed_->acknowledged_records(); i = (i + 1) % checks_.size()) {
      records += feed_->blocks()[i].records;
      check += checks_[i];
    }
    if (files_->lines() != records || files_->check() != check)
      return "acknowledged " + std::to_string(records) + " records, published " + std::to_string(files_->lines()) +
             (files_->lines() == records ? " others" : "");
    return {};
  }

  void tell(measurement& made, double unthrottled, double slowed, double back) const {
    made.more["unthrottled_bytes_per_s"] = unthrottled;
    made.more["slowed_bytes_per_s"] = slowed;
    made.more["recovered_after_s"] = back;
    made.more["memory_limit_bytes"] = limits::memory_limit;
    made.more["log_peak_bytes"] = log_peak_;
    made.more["log_limit_bytes"] = limits::max_log_bytes;
    char text[200];
    std::snprintf(text, sizeof text,
                  "resident %llu of %zu MiB, log %llu MiB, %.0f MB/s, slowed to %.0f, back after %.1f s",
                  static_cast<unsigned long long>(made.rss_peak_bytes >> 20), limits::memory_limit >> 20,
                  static_cast<unsigned long long>(log_peak_ >> 20), unthrottled / 1e6, slowed / 1e6, back);
    made.target = text;
    made.met = made.rss_peak_bytes <= limits::memory_limit && log_peak_ <= limits::max_log_bytes &&
               slowed <= 0.2 * unthrottled && back <= 1;
  }

  const setting& with_;
  std::vector<std::uint64_t> checks_; ///< of each block
  std::shared_ptr<memory_feed> feed_;
  std::shared_ptr<slow_files> files_;
  fs::path directory_;
  std::uint64_t total_ = 0;
  std::uint64_t log_peak_ = 0;
};

} // namespace

std::vector<benchmark> memory_benchmarks() {
  return {{"memory", [](const setting& with, const auto& report) {
             measurement made;
             made.name = "memory";
             made.log = true;
             try {
               memory_run{with}.run(made);
             } catch (const std::exception& problem) {
               made.trouble = problem.what();
             }
             report(std::move(made));
           }}};
}

} // namespace weir::bench
