// Functions of outputs that fail, on the real runtime: threads, a log on disk, files.
#include "actors/runtime/actor_runtime.hpp"

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <set>
#include <sstream>

#include <catch2/catch.hpp>

#include "actors/monitor/composite_journal.hpp"
#include "libstream/api/dstream.hpp"
#include "libstream/base/split_mix.hpp"
#include "libstream/data/object_bytes.hpp"
#include "libstream/operators/split_words.hpp"
#include "libstream/plan/permanent_failure.hpp"
#include "tests/unit/actors/sources/temporary_directory.hpp"

using namespace weir;
using namespace weir::actors;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

constexpr auto patience = 60s;

using counted = std::pair<std::string, std::uint64_t>;
using totals = std::map<std::string, std::uint64_t>;

/// What functions of outputs wrote, once for each key, as a database with transactions would hold it.
class database {
public:
  void write(const std::string& key, const std::vector<counted>& rows) {
    std::lock_guard guard{mutex_};
    if (!keys_.insert(key).second)
      return;
    for (auto& [word, count] : rows)
      totals_[word] += count;
    changed_.notify_all();
  }
  /// A call that is about to throw.
  int note_failure() {
    std::lock_guard guard{mutex_};
    changed_.notify_all();
    return ++failures_;
  }
  int failures() {
    std::lock_guard guard{mutex_};
    return failures_;
  }
  totals await(const totals& expected) {
    std::unique_lock guard{mutex_};
    changed_.wait_for(guard, patience, [&] { return totals_ == expected; });
    return totals_;
  }
  totals seen() {
    std::lock_guard guard{mutex_};
    return totals_;
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::string> keys_;
  totals totals_;
  int failures_ = 0;
};

class warnings final : public composite_journal {
public:
  warnings() : composite_journal{{}} {}
  void tell(const event& what) override {
    std::lock_guard guard{mutex_};
    seen_.emplace_back(what.name, what.message);
  }
  void batch_submitted(const batch_submission& what) override {
    std::lock_guard guard{mutex_};
    newest_ = std::max(newest_, what.batch);
    submitted_.notify_all();
  }
  /// Until a younger batch is under way, or for long enough that none will be.
  void await_batch_after(batch_id batch) {
    std::unique_lock guard{mutex_};
    submitted_.wait_for(guard, 20ms, [&] { return newest_ > batch; });
  }
  std::vector<std::string> of(const std::string& name) {
    std::lock_guard guard{mutex_};
    std::vector<std::string> found;
    for (auto& [which, message] : seen_)
      if (which == name)
        found.push_back(message);
    return found;
  }

private:
  std::mutex mutex_;
  std::condition_variable submitted_;
  batch_id newest_;
  std::vector<std::pair<std::string, std::string>> seen_;
};

class reasons final : public streaming_listener {
public:
  void on_output_operation_completed(const output_operation_info& output) override {
    std::lock_guard guard{mutex_};
    if (output.failure_reason)
      failed_.insert(output.name);
    else
      published_.insert(output.name);
  }
  std::pair<std::set<std::string>, std::set<std::string>> seen() {
    std::lock_guard guard{mutex_};
    return {failed_, published_};
  }

private:
  std::mutex mutex_;
  std::set<std::string> failed_, published_;
};

struct fixture {
  testing::temporary_directory directory;
  runtime_options options;
  std::shared_ptr<warnings> told = std::make_shared<warnings>();
  database db;

  fixture() {
    fs::create_directory(directory.path() + "/in");
    options.application = "tested";
    options.data_dir = directory.path() + "/data";
    options.journal = told;
    options.settings.inputs = {*parse_input_url("file://" + directory.path() + "/in")};
    options.settings.batch_interval = options.settings.block_interval = 10ms;
    options.settings.executors = 1;
    options.print = [](std::string_view) { return result<void>{}; };
  }
  void write(const std::string& name, const std::string& text) {
    auto file = directory.write("." + name, text);
    fs::rename(file, directory.path() + "/in/" + name);
  }
  std::string prefix() const { return directory.path() + "/out/words"; }
  result<void> start(stream_context& ctx) const { return ctx.start(std::make_shared<actor_runtime>(options)); }

  /// Counts that are files as well as calls of `function`.
  template <class Function>
  void build(stream_context& ctx, Function function) const {
    auto counts = ctx.text_input().flat_map(split_words).count_by_value().named("counts");
    counts.map([](const auto& each) { return each; }).named("calls").foreach_batch(function);
    counts.save_as_text_files(prefix(), "txt");
    counts.map([](const auto& each) { return each; }).named("objects").save_as_object_files(prefix(), "objects");
  }
  /// Sums over all text files.
  totals in_files() const {
    totals all;
    each_part(".txt", [&](const std::string& bytes) {
      std::istringstream lines{bytes};
      for (std::string line; std::getline(lines, line);)
        all[line.substr(0, line.find('\t'))] += std::stoull(line.substr(line.find('\t') + 1));
    });
    return all;
  }
  /// Sums over all object files.
  totals in_objects() const {
    totals all;
    each_part(".objects", [&](const std::string& bytes) {
      auto records = data::read_object_bytes<counted>(bytes);
      REQUIRE(records);
      for (auto& [word, count] : *records)
        all[word] += count;
    });
    return all;
  }
  void each_part(const std::string& suffix, const std::function<void(const std::string&)>& visit) const {
    for (auto& batch : fs::directory_iterator{directory.path() + "/out"}) {
      if (batch.path().extension() != suffix || batch.path().filename().string().front() == '.')
        continue;
      CHECK(fs::exists(batch.path() / "_SUCCESS"));
      for (auto& part : fs::directory_iterator{batch.path()}) {
        std::ifstream file{part.path(), std::ios::binary};
        visit({std::istreambuf_iterator<char>{file}, {}});
      }
    }
  }
};

const totals expected{{"a", 2}, {"b", 1}};

} // namespace

TEST_CASE("a function that throws twice and then does not gives exactly the right totals", "[failing outputs]") {
  fixture f;
  f.write("1", "a b\na\n");
  auto listener = std::make_shared<reasons>();
  stream_context ctx;
  ctx.add_listener(listener);
  f.build(ctx, [&](const dataset<counted>& counts, const batch_key& key) {
    auto rows = counts.collect();
    if (!rows.empty() && f.db.failures() < 2) {
      f.db.note_failure();
      throw std::runtime_error{"not now"};
    }
    f.db.write(key.text(), rows);
  });
  REQUIRE(f.start(ctx));
  CHECK(f.db.await(expected) == expected);
  CHECK(ctx.stop(true));
  CHECK(f.db.seen() == expected);
  CHECK(f.in_files() == expected);
  CHECK(f.in_objects() == expected);
  CHECK(f.told->of("output_retried").size() == 1); // once, not at each attempt
  CHECK(f.told->of("output_left_out").empty());
  CHECK(listener->seen() ==
        std::pair{std::set<std::string>{"calls"}, std::set<std::string>{"calls", "counts", "objects"}});
}

TEST_CASE("a function that always throws is left out under skip, and all other outputs are complete",
          "[failing outputs]") {
  fixture f;
  f.options.settings.on_error = error_policy::skip;
  f.options.settings.output_retry_limit = 100ms; // two attempts
  f.write("1", "a b\na\n");
  stream_context ctx;
  f.build(ctx, [&](const dataset<counted>& counts, const batch_key& key) {
    if (counts.count() == 0)
      return;
    f.db.note_failure();
    f.db.write(key.text(), {{"never committed", 0}});
    throw std::runtime_error{"never"};
  });
  REQUIRE(f.start(ctx));
  f.db.await({{"never committed", 0}});
  CHECK(ctx.stop(true));
  CHECK(ctx.await_termination());
  CHECK(f.db.failures() == 2);
  CHECK(f.in_files() == expected);
  CHECK(f.in_objects() == expected);
  auto told = f.told->of("output_left_out");
  REQUIRE(told.size() == 1);
  CHECK_THAT(told[0], Catch::StartsWith("output calls is without batch ") && Catch::Contains(": never"));
}

TEST_CASE("a function that always throws ends the application under stop, and the next start hands the batch over",
          "[failing outputs]") {
  fixture f;
  f.options.settings.output_retry_limit = 100ms; // two attempts
  f.write("1", "a b\na\n");
  std::set<std::string> keys;
  {
    stream_context ctx;
    f.build(ctx, [&](const dataset<counted>& counts, const batch_key& key) {
      if (counts.count() == 0)
        return;
      keys.insert(key.text());
      throw std::runtime_error{"no such table"};
    });
    REQUIRE(f.start(ctx));
    auto ended = ctx.await_termination();
    REQUIRE_FALSE(ended);
    CHECK(ended.error().exit_code() == 1);
    CHECK_THAT(ended.error().message(),
               Catch::Contains("user function of output calls, batch ") && Catch::Contains(": no such table"));
  }
  REQUIRE(keys.size() == 1);
  stream_context again;
  f.build(again, [&](const dataset<counted>& counts, const batch_key& key) {
    auto rows = counts.collect();
    if (!rows.empty())
      keys.insert(key.text());
    f.db.write(key.text(), rows);
  });
  REQUIRE(f.start(again));
  CHECK(f.db.await(expected) == expected);
  CHECK(again.stop(true));
  CHECK(keys.size() == 1); // the same key, so that what the first attempts wrote is recognised
  CHECK(f.db.seen() == expected);
  CHECK(f.in_files() == expected);
}

TEST_CASE("a function that says that no later attempt can help is called once, and the next start hands the batch over",
          "[failing outputs]") {
  fixture f;
  f.options.settings.on_error = error_policy::skip; // which is about records, not about what outputs write to
  f.write("1", "a b\na\n");
  {
    stream_context ctx;
    f.build(ctx, [&](const dataset<counted>& counts, const batch_key&) {
      if (counts.count() == 0)
        return;
      f.db.note_failure();
      throw permanent_failure{"the table was dropped"};
    });
    REQUIRE(f.start(ctx));
    auto ended = ctx.await_termination();
    REQUIRE_FALSE(ended);
    CHECK(ended.error().exit_code() == 1);
    CHECK_THAT(ended.error().message(), Catch::Contains("output calls, batch ") &&
                                          Catch::Contains("the table was dropped; the log keeps the batch"));
  }
  CHECK(f.db.failures() == 1);
  CHECK(f.told->of("output_retried").empty());
  CHECK(f.told->of("output_left_out").empty());
  stream_context again;
  f.build(again,
          [&](const dataset<counted>& counts, const batch_key& key) { f.db.write(key.text(), counts.collect()); });
  REQUIRE(f.start(again));
  CHECK(f.db.await(expected) == expected);
  CHECK(again.stop(true));
  CHECK(f.db.seen() == expected);
}

TEST_CASE("a graceful stop ends within its limit while an output fails, and the next start hands the batch over",
          "[failing outputs]") {
  fixture f;
  f.options.settings.graceful_stop_limit = 300ms;
  f.write("1", "a b\na\n");
  {
    stream_context ctx;
    f.build(ctx, [&](const dataset<counted>& counts, const batch_key& key) {
      if (counts.count() == 0)
        return;
      f.db.write(key.text() + "begun", {{"begun", 1}});
      throw std::runtime_error{"not today"};
    });
    REQUIRE(f.start(ctx));
    CHECK(f.db.await({{"begun", 1}}) == totals{{"begun", 1}});
    auto begin = std::chrono::steady_clock::now();
    CHECK_FALSE(ctx.stop(true)); // says what was left
    CHECK(std::chrono::steady_clock::now() - begin < 10s);
  }
  stream_context again;
  f.build(again,
          [&](const dataset<counted>& counts, const batch_key& key) { f.db.write(key.text(), counts.collect()); });
  REQUIRE(f.start(again));
  totals all = expected;
  all["begun"] = 1;
  CHECK(f.db.await(all) == all);
  CHECK(again.stop(true));
  CHECK(f.in_files() == expected);
}

TEST_CASE("partitions that were taken before one fails are not handed over again", "[failing outputs]") {
  fixture f;
  f.options.partitions = 4;
  std::string text;
  totals all;
  split_mix random{3};
  for (int i = 0; i < 100; ++i) {
    auto word = std::to_string(random.next()); // a hash may bring words that are much alike to few partitions
    text += word + "\n";
    all[word] = 1;
  }
  f.write("1", text);
  stream_context ctx;
  std::map<std::string, int> calls;
  ctx.text_input()
    .flat_map(split_words)
    .count_by_value()
    .named("counts")
    .foreach_partition([&](const partition_key& key, std::span<const counted> rows) {
      if (++calls[key.text()] == 1 && key.partition.value == 2)
        throw std::runtime_error{"once"};
      f.db.write(key.text(), {rows.begin(), rows.end()});
    });
  REQUIRE(f.start(ctx));
  CHECK(f.db.await(all) == all);
  CHECK(ctx.stop(true));
  REQUIRE(calls.size() == 4);
  for (auto& [key, count] : calls)
    CHECK(count == (key.back() == '2' ? 2 : 1));
}

// Batches that only foreach_batch asked for kept it from ever being idle.
TEST_CASE("an application with foreach_batch stops when it is idle", "[failing outputs]") {
  fixture f;
  f.options.settings.stop_when_idle = 100ms;
  f.options.settings.batch_interval = f.options.settings.block_interval = 1ms;
  f.write("1", "a b\na\n");
  stream_context ctx;
  f.build(ctx, [&](const dataset<counted>& counts, const batch_key& key) {
    f.db.write(key.text(), counts.collect());
    f.told->await_batch_after(key.batch); // one of them is always open
  });
  REQUIRE(f.start(ctx));
  CHECK(ctx.await_termination_or_timeout(patience).value());
  CHECK(f.db.seen() == expected);
}

// A batch without tasks never ended, and nothing behind it was processed.
TEST_CASE("an interval without input passes when all outputs stand on the input itself", "[failing outputs]") {
  fixture f;
  f.options.settings.batch_interval = f.options.settings.block_interval = 5ms;
  stream_context ctx;
  std::atomic<int> empty = 0;
  ctx.text_input().named("lines").foreach_batch([&](const dataset<std::string>& lines, const batch_key& key) {
    auto all = lines.collect();
    empty += all.empty() ? 1 : 0;
    for (auto& line : all)
      f.db.write(key.text() + line, {{line, 1}});
  });
  REQUIRE(f.start(ctx));
  for (int tries = 0; empty < 2 && tries < 500; ++tries)
    f.told->await_batch_after(batch_id{~batch_id::rep{0}});
  REQUIRE(empty >= 2);
  f.write("1", "a\nb\n");
  CHECK(f.db.await({{"a", 1}, {"b", 1}}) == totals{{"a", 1}, {"b", 1}});
  CHECK(ctx.stop(true));
}
