#include "libstream/api/stream_outputs.hpp"

#include <catch2/catch.hpp>

#include "libstream/data/msgpack_record.hpp"
#include "libstream/data/object_bytes.hpp"
#include "libstream/plan/delivery.hpp"
#include "libstream/testing/test_driver.hpp"

using namespace weir;
using namespace std::chrono_literals;
using testing::test_driver;

namespace {

using counted = std::pair<std::string, std::uint64_t>;

struct visit {
  std::string page;
  std::uint32_t seconds = 0;
  bool operator==(const visit&) const = default;
  MSGPACK_DEFINE(page, seconds)
};

/// What an output staged, part after part.
std::vector<std::string> staged(const application& build, std::string text) {
  stream_context ctx;
  build(ctx);
  auto plan = *ctx.plan();
  auto bytes = std::make_shared<std::string>(text + std::string(limits::read_padding, '\0'));
  plan::inline_batch::split split{{{std::string_view{*bytes}.substr(0, text.size()), bytes}}};
  std::vector<std::string> parts;
  auto made = plan::inline_batch{plan, 2, 1}.run(batch_id{1}, 1000, {split}).value();
  for (auto& part : made)
    parts.push_back(part.bytes);
  return parts;
}

plan::output_target target_of(const application& build) {
  stream_context ctx;
  build(ctx);
  return ctx.plan().value()->outputs().at(0).targets.at(0);
}

} // namespace

TEST_CASE("text files have prefix, time and suffix, of which both ends may be missing", "[outputs]") {
  auto [prefix, suffix, expected] = GENERATE(table<std::string, std::string, std::string>({
    {"out/words", "", "out/words-1700"},
    {"out/words", "txt", "out/words-1700.txt"},
    {"", "", "1700"},
    {"", "txt", "1700.txt"},
  }));
  CAPTURE(prefix, suffix);
  auto target =
    target_of([prefix = prefix, suffix = suffix](auto& ctx) { ctx.text_input().save_as_text_files(prefix, suffix); });
  CHECK(target.what == plan::output_target::kind::text);
  CHECK(target.directory(1700) == expected);
  auto objects =
    target_of([prefix = prefix, suffix = suffix](auto& ctx) { ctx.text_input().save_as_object_files(prefix, suffix); });
  CHECK(objects.what == plan::output_target::kind::text);
  CHECK(objects.directory(1700) == expected);
}

TEST_CASE("a suffix that would be a path is refused", "[outputs]") {
  stream_context ctx;
  CHECK_THROWS_AS(ctx.text_input().save_as_text_files("out", "a/b"), plan::plan_error);
}

TEST_CASE("one prefix serves two outputs that have different suffixes", "[outputs]") {
  stream_context ctx;
  ctx.text_input().named("lines").save_as_text_files("out", "txt");
  ctx.text_input().count().named("total").save_as_object_files("out", "objects");
  CHECK(ctx.plan());
}

TEST_CASE("object files hold records that come back, structs too", "[outputs]") {
  auto parts = staged(
    [](stream_context& ctx) {
      ctx.text_input()
        .map([](std::string_view line) {
          return visit{std::string{line}, static_cast<std::uint32_t>(line.size())};
        })
        .save_as_object_files("out");
    },
    "/index\n/\n");
  REQUIRE(parts.size() == 1);
  CHECK(data::read_object_bytes<visit>(parts[0]).value() == std::vector<visit>{{"/index", 6}, {"/", 1}});
  parts = staged([](stream_context& ctx) { ctx.text_input().save_as_object_files("out"); }, "tab\there\n\n");
  REQUIRE(parts.size() == 1);
  CHECK(data::read_object_bytes<std::string>(parts[0]).value() == std::vector<std::string>{"tab\there", ""});
}

TEST_CASE("foreach_batch has each batch once, in order, also empty ones, with its key", "[outputs]") {
  struct seen_batch {
    batch_key key;
    std::vector<std::string> records;
  };
  std::vector<seen_batch> seen;
  test_driver driver{[&](stream_context& ctx) {
    ctx.text_input().named("lines").foreach_batch([&](const dataset<std::string>& records, const batch_key& key) {
      seen.push_back({key, records.collect()});
    });
  }};
  driver.push({"a", "b", "c", "d"}).step(); // two map tasks
  driver.step();
  driver.push({"e"}).step();
  REQUIRE(seen.size() == 3);
  CHECK(seen[0].records == std::vector<std::string>{"a", "b", "c", "d"});
  CHECK(seen[1].records.empty());
  CHECK(seen[2].records == std::vector<std::string>{"e"});
  CHECK(seen[2].key == batch_key{"test", "lines", batch_id{3}, event_time{3s}});
  CHECK(seen[2].key.text() == "test/lines/3");
}

TEST_CASE("foreach_batch takes functions of a dataset, with or without a time, and datasets compute", "[outputs]") {
  std::uint64_t even = 0;
  std::vector<event_time> times;
  test_driver driver{[&](stream_context& ctx) {
    auto lengths = ctx.text_input().map([](std::string_view line) { return line.size(); });
    lengths.foreach_batch(
      [&](const auto& records) { even += records.filter([](std::size_t n) { return n % 2 == 0; }).count(); });
    lengths.foreach_batch([&](const dataset<std::size_t>&, event_time at) { times.push_back(at); });
  }};
  driver.push({"aa", "b", "", "cccc"}).step();
  CHECK(even == 3);
  CHECK(times == std::vector{event_time{1s}});
}

TEST_CASE("a stream with foreach_batch runs every batch, one with foreach_partition only those with input",
          "[outputs]") {
  auto always_due = [](const application& build) {
    stream_context ctx;
    build(ctx);
    auto plan = ctx.plan().value();
    return std::any_of(plan->stages().begin(), plan->stages().end(), [](auto& stage) { return stage.always_due; });
  };
  CHECK(always_due([](auto& ctx) { ctx.text_input().foreach_batch([](const dataset<std::string>&) {}); }));
  CHECK(always_due([](auto& ctx) {
    ctx.text_input().print();
    ctx.text_input().count_by_value().foreach_batch([](const dataset<counted>&) {});
  }));
  CHECK_FALSE(always_due(
    [](auto& ctx) { ctx.text_input().foreach_partition([](const partition_key&, std::span<const std::string>) {}); }));
}

TEST_CASE("foreach_partition has each partition with records, with its key", "[outputs]") {
  std::map<std::string, std::vector<std::string>> seen;
  test_driver driver{[&](stream_context& ctx) {
                       ctx.text_input()
                         .filter([](std::string_view line) { return line != "drop"; })
                         .named("kept")
                         .foreach_partition([&](const partition_key& key, std::span<const std::string> records) {
                           seen[key.text()] = {records.begin(), records.end()};
                         });
                     },
                     {3, 2, 1000}};
  driver.push({"a", "b", "drop", "drop", "c"}).step();
  driver.step();
  CHECK(seen ==
        std::map<std::string, std::vector<std::string>>{{"test/kept/1/0", {"a", "b"}}, {"test/kept/1/2", {"c"}}});
}

TEST_CASE("partitions of a batch keep their places, those without records are empty", "[outputs]") {
  std::uint64_t records = 0;
  api_detail::batch_delivery<std::string, std::function<void(const dataset<std::string>&)>> delivery{
    [&](const dataset<std::string>& all) { records = all.count(); }};
  std::string one, two;
  operators::append_framed(one, std::string{"a"});
  operators::append_framed(two, std::string{"b"});
  REQUIRE(delivery.deliver({batch_id{1}, 1000, {{1, one}, {4, two + one}}, "app", "out"}));
  CHECK(records == 3);
}

TEST_CASE("spans of bools are arrays", "[outputs]") {
  std::vector<bool> seen;
  test_driver driver{[&](stream_context& ctx) {
    ctx.text_input()
      .map([](std::string_view line) { return line == "yes"; })
      .foreach_partition([&](const partition_key&, std::span<const bool> flags) {
        seen.insert(seen.end(), flags.begin(), flags.end());
      });
  }};
  driver.push({"yes", "no", "yes"}).step();
  CHECK(seen == std::vector{true, false, true});
}

TEST_CASE("a function that fails is named with output and batch, and other outputs have the batch", "[outputs]") {
  std::vector<std::string> after;
  test_driver driver{[&](stream_context& ctx) {
    auto all = [](std::string_view) { return true; };
    ctx.text_input().filter(all).named("failing").foreach_batch(
      [](const dataset<std::string>&) { throw std::runtime_error{"no such table"}; });
    ctx.text_input().filter(all).named("healthy").foreach_batch(
      [&](const dataset<std::string>& records) { after = records.collect(); });
  }};
  driver.push({"a"});
  try {
    driver.step();
    FAIL("it did not throw");
  } catch (const plan::plan_error& thrown) {
    CHECK_THAT(thrown.why().message(), Catch::StartsWith("user function of output failing, batch 1: no such table; "));
    CHECK(thrown.why().thrown_by == "failing");
  }
  CHECK(after == std::vector<std::string>{"a"});
}

TEST_CASE("an error that a function returns is like an exception", "[outputs]") {
  test_driver driver{[](stream_context& ctx) {
    ctx.text_input().named("rows").foreach_partition(
      [](const partition_key&, std::span<const std::string>) -> result<void> {
        return fail(error_code::failed, "connection refused", "db:5432", "start it");
      });
  }};
  CHECK_THROWS_WITH(driver.push({"a"}).step(),
                    "user function of output rows, batch 1, partition 0, db:5432: connection refused; start it");
}

TEST_CASE("what a batch has had taken is not handed over again", "[outputs]") {
  std::vector<std::uint32_t> calls;
  auto fails = true;
  auto function = [&](const partition_key& key, std::span<const std::string>) {
    calls.push_back(key.partition.value);
    if (key.partition.value == 1 && std::exchange(fails, false))
      throw std::runtime_error{"once"};
  };
  api_detail::partition_delivery<std::string, decltype(function)> delivery{function};
  std::string bytes;
  operators::append_framed(bytes, std::string{"a"});
  plan::delivered_batch batch{batch_id{7}, 7000, {{0, bytes}, {1, bytes}, {2, bytes}}, "app", "out"};
  CHECK_FALSE(plan::deliver(delivery, batch));
  CHECK(plan::deliver(delivery, batch));
  CHECK(calls == std::vector<std::uint32_t>{0, 1, 1, 2});
  CHECK(plan::deliver(delivery, batch)); // only the answer was lost
  CHECK(calls.size() == 4);
  batch.batch = batch_id{9};
  CHECK(plan::deliver(delivery, batch));
  CHECK(calls.size() == 7);
}

TEST_CASE("staged bytes that are damaged are corrupt, whoever was to have them", "[outputs]") {
  auto function = [](const dataset<std::uint64_t>&) {};
  api_detail::batch_delivery<std::uint64_t, decltype(function)> delivery{function};
  auto done = plan::deliver(delivery, {batch_id{1}, 1, {{0, "\x05oops"}}, "app", "out"});
  REQUIRE_FALSE(done);
  CHECK(done.error().code == error_code::corrupt);
  CHECK(done.error().thrown_by.empty()); // not to be tried again
}
