// Sources that the program brings and that can be read again, on the real runtime.
#include "libstream/api/replayable.hpp"

#include <atomic>
#include <filesystem>
#include <mutex>
#include <stdexcept>

#include <catch2/catch.hpp>

#include "actors/monitor/composite_journal.hpp"
#include "actors/runtime/get_or_create.hpp"
#include "tests/unit/actors/sources/temporary_directory.hpp"

using namespace weir;
using namespace weir::actors;
using namespace std::chrono_literals;

namespace {

/// One log of numbered lines in memory; remembers what was read of it.
class numbered_lines final : public replayable_source {
public:
  record_form form() const override { return record_form::lines; }

  result<std::vector<source_partition>> partitions() const override {
    std::lock_guard guard{mutex_};
    return std::vector<source_partition>{{.name = "only", .end = end_, .grows = true, .offset_bytes = 8}};
  }

  result<std::vector<text_piece>> read(const offset_range& range, std::size_t) const override {
    std::lock_guard guard{mutex_};
    read_.push_back(range);
    if (problem_)
      throw std::runtime_error{*problem_};
    std::string bytes;
    for (auto at = range.from; at < range.to; ++at)
      bytes += "line " + std::to_string(at) + "\n";
    return std::vector{text_piece_of(bytes)};
  }

  void grow_to(std::uint64_t end) {
    std::lock_guard guard{mutex_};
    end_ = end;
  }
  void throw_from_now_on(std::string problem) {
    std::lock_guard guard{mutex_};
    problem_ = std::move(problem);
  }
  std::vector<offset_range> ranges() const {
    std::lock_guard guard{mutex_};
    return read_;
  }

private:
  mutable std::mutex mutex_;
  mutable std::vector<offset_range> read_;
  std::uint64_t end_ = 0;
  std::optional<std::string> problem_;
};

struct fixture {
  testing::temporary_directory directory;
  std::shared_ptr<numbered_lines> source = std::make_shared<numbered_lines>();
  std::mutex mutex;
  std::string printed;
  runtime_options options;

  fixture() {
    options.application = "tested";
    options.journal = std::make_shared<composite_journal>(std::vector<std::shared_ptr<journal>>{});
    options.settings.batch_interval = options.settings.block_interval = 10ms;
    options.settings.executors = 1;
    options.settings.stop_when_idle = 300ms;
    options.settings.max_task_failures = 1;
    options.print = [this](std::string_view text) {
      std::lock_guard guard{mutex};
      printed += text;
      return result<void>{};
    };
  }

  /// Until it has come to rest or failed.
  result<void> run(std::function<std::string_view(std::string_view)> function) {
    stream_context ctx;
    ctx.replayable_stream<std::string_view>(source).named("numbers").map(function).named("lines").print(1000);
    REQUIRE(ctx.start(std::make_shared<actor_runtime>(options)));
    return ctx.await_termination();
  }
  bool shows(const std::string& line) const { return printed.find(line + "\n") != std::string::npos; }
};

std::string_view as_it_is(std::string_view line) { return line; }

} // namespace

TEST_CASE("a restart reads the same ranges of a batch again, and goes on behind them", "[replayable]") {
  fixture f;
  f.options.data_dir = f.directory.path() + "/data";
  f.options.settings.max_batch_bytes = 80;      // ten lines
  f.options.settings.max_batches_in_flight = 1; // the first is committed when the second fails
  f.source->grow_to(35);
  auto failed = f.run([](std::string_view line) {
    if (line == "line 15")
      throw std::runtime_error{"not today"};
    return line;
  });
  REQUIRE_FALSE(failed);
  CHECK_THAT(failed.error().message(), Catch::Contains("log only") && Catch::Contains("line 15"));
  auto before = f.source->ranges();
  auto second = std::find_if(before.begin(), before.end(), [](auto& range) { return range.from == 10; });
  REQUIRE(second != before.end());
  CHECK(second->to == 20);
  f.source->grow_to(45);
  auto ended = f.run(as_it_is);
  INFO((ended ? "" : ended.error().message()));
  REQUIRE(ended);
  auto all = f.source->ranges();
  std::vector<offset_range> after(all.begin() + static_cast<std::ptrdiff_t>(before.size()), all.end());
  std::string shown;
  for (auto& range : all)
    shown += "[" + std::to_string(range.from) + ", " + std::to_string(range.to) + ") ";
  INFO("ranges read: " << shown << "; after the restart from read " << before.size());
  CHECK(std::count(after.begin(), after.end(), *second) == 1);
  CHECK(std::none_of(after.begin(), after.end(), [](auto& range) { return range.from < 10; }));
  for (int at = 0; at < 45; ++at) {
    INFO(at);
    CHECK(f.shows("line " + std::to_string(at)));
  }
  CHECK_FALSE(f.shows("line 45"));
}

TEST_CASE("what a source throws ends the application with a sentence that names input and partition", "[replayable]") {
  fixture f;
  f.source->grow_to(5);
  f.source->throw_from_now_on("the broker is on fire");
  auto failed = f.run(as_it_is);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().exit_code() == 1);
  CHECK_THAT(failed.error().message(), Catch::Contains("stream:numbers, partition only") &&
                                         Catch::Contains("read from 0 to 5") &&
                                         Catch::Contains("the broker is on fire"));
}

TEST_CASE("lines are refused as records of another type when the plan is built", "[replayable]") {
  stream_context ctx;
  CHECK_THROWS_AS(ctx.replayable_stream<std::uint64_t>(std::make_shared<numbered_lines>()), plan::plan_error);
}

namespace {

/// Adds up what batches say that they have processed.
class record_counter final : public composite_journal {
public:
  record_counter() : composite_journal{{}} {}
  void batch_committed(const batch_summary& batch) override {
    records_ += batch.records;
    ++batches_;
  }
  std::uint64_t records() const { return records_; }
  std::uint64_t batches() const { return batches_; }

private:
  std::atomic<std::uint64_t> records_ = 0, batches_ = 0;
};

} // namespace

TEST_CASE("static data is no input: it keeps no application from its rest, and counts as no record of a batch",
          "[replayable]") {
  fixture f;
  auto counted = std::make_shared<record_counter>();
  f.options.journal = counted;
  f.options.settings.stop_when_idle = 100ms;
  f.source->grow_to(3);
  auto words = [](std::string_view line) { return std::pair{std::string{line}, 1}; };
  stream_context ctx;
  auto lines = ctx.replayable_stream<std::string_view>(f.source).named("numbers").map(words);
  lines.join(dataset<std::pair<std::string, int>>::from({{"line 1", 7}, {"line 9", 8}}))
    .named("joined")
    .foreach_batch([](const dataset<std::pair<std::string, std::pair<int, int>>>&) {});
  lines.count().named("counts").print();
  ctx.constant<int>({1, 2}).named("constants").print();
  REQUIRE(ctx.start(std::make_shared<actor_runtime>(f.options)));
  auto ended = ctx.await_termination_or_timeout(10s);
  REQUIRE(ended);
  CHECK(*ended); // it came to rest by itself
  CHECK(counted->batches() > 1);
  CHECK(counted->records() == 3);
}
