#include <stdexcept>

#include <catch2/catch.hpp>

#include "libstream/api/receiver.hpp"
#include "libstream/testing/test_driver.hpp"

using namespace weir;
using namespace weir::testing;
using namespace std::chrono_literals;

namespace {

void count_lines(stream_context& ctx) { ctx.text_input().count_by_value().named("counts").print(); }

/// Takes what it is given, and fails as often as it is told.
struct taker final : plan::delivery {
  std::vector<batch_id> taken;
  int failures = 0;
  int calls = 0;

  result<void> deliver(const plan::delivered_batch& batch) override {
    ++calls;
    if (failures > 0)
      return --failures % 2 == 0 ? throw std::runtime_error{"thrown"} : fail(error_code::failed, "refused");
    taken.push_back(batch.batch);
    return {};
  }
  void cancel() override {}
};

using word = std::pair<std::string, std::uint64_t>;

application counts_to(const std::shared_ptr<taker>& destination) {
  return [destination](stream_context& ctx) {
    ctx.text_input()
      .map([](std::string_view line) {
        return word{std::string{line}, line.size()};
      })
      .named("words")
      .deliver_to(destination);
  };
}

} // namespace

TEST_CASE("whenever the process dies, each record is in the outputs once", "[driver][crash]") {
  auto when = GENERATE(moment::before_seal, moment::sealed, moment::computed, moment::committed, moment::published);
  INFO(name_of(when));
  test_driver driver{count_lines};
  driver.push({"a", "b", "a", "c"}).step();
  driver.push({"a", "d"}).crash(when);
  auto seen = driver.outputs("counts").size();
  CHECK(seen == (when == moment::published ? 2 : 1));
  driver.recover().push({"e"}).run_until_idle();
  auto all = driver.outputs("counts");
  CHECK(all[1000ms] == rows{{"a", 2}, {"b", 1}, {"c", 1}});
  if (when == moment::before_seal) {
    CHECK(all[2000ms] ==
          rows{{"a", 1}, {"d", 1}, {"e", 1}}); // it waited, and is in the next batch with what came since
    CHECK(all.size() == 2);
  } else {
    CHECK(all[2000ms] == rows{{"a", 1}, {"d", 1}});
    CHECK(all[3000ms] == rows{{"e", 1}});
    CHECK(all.size() == 3);
  }
}

TEST_CASE("a crash loses all memory: the application is built anew", "[driver][crash]") {
  int built = 0;
  auto held = std::make_shared<int>(1);
  test_driver driver{[&](stream_context& ctx) {
    ++built;
    ctx.text_input()
      .map([held](std::string_view line) { return static_cast<int>(line.size()) * *held; })
      .named("sizes")
      .print();
  }};
  CHECK(held.use_count() > 1);
  driver.crash();
  CHECK(held.use_count() == 1);
  CHECK(built == 1);
  driver.recover();
  CHECK(built == 2);
}

TEST_CASE("a process that has died takes nothing, and says how to go on", "[driver][crash]") {
  test_driver driver{count_lines};
  driver.push({"a"}).crash();
  CHECK_FALSE(driver.is_running());
  CHECK_THROWS_WITH(driver.push({"b"}), Catch::Contains("has stopped") && Catch::Contains("recover()"));
  CHECK_THROWS_WITH(driver.step(), Catch::Contains("has stopped"));
  CHECK_THROWS_WITH(driver.crash(), Catch::Contains("has stopped"));
  CHECK_THROWS_WITH(driver.run_until_idle(), Catch::Contains("has stopped"));
  CHECK(driver.output("counts").empty());
  driver.recover().step();
  CHECK(driver.output("counts") == rows{{"a", 1}});
}

TEST_CASE("a function that throws stops the application; it goes on with the same batch", "[driver][crash]") {
  auto broken = true;
  test_driver driver{[&](stream_context& ctx) {
    ctx.text_input()
      .map([&](std::string_view line) {
        if (broken && line == "poison")
          throw std::runtime_error{"cannot swallow it"};
        return std::string{line};
      })
      .named("lines")
      .print();
  }};
  driver.push({"a", "poison"});
  CHECK_THROWS_WITH(driver.step(), Catch::Contains("cannot swallow it"));
  CHECK_FALSE(driver.is_running());
  CHECK_THROWS_WITH(driver.recover(), Catch::Contains("cannot swallow it"));
  broken = false;
  driver.recover();
  CHECK(driver.output("lines") == rows{"a", "poison"});
  CHECK(driver.now() == 1s);
}

TEST_CASE("an output that goes to the program is given each batch, again when it throws", "[driver][crash]") {
  auto destination = std::make_shared<taker>();
  test_driver driver{counts_to(destination)};
  destination->failures = 3;
  driver.push({"one", "three"}).step();
  CHECK(destination->calls == 4);
  CHECK(destination->taken == std::vector{batch_id{1}});
  CHECK(driver.records<word>("words") == std::vector<word>{{"one", 3}, {"three", 5}});
  driver.step(); // nothing for it
  CHECK(destination->calls == 4);
}

TEST_CASE("an output that takes nothing stops the application, and later batches wait for it", "[driver][crash]") {
  auto destination = std::make_shared<taker>();
  test_driver driver{[destination](stream_context& ctx) {
    counts_to(destination)(ctx);
    count_lines(ctx);
  }};
  destination->failures = 100;
  driver.push({"one"});
  CHECK_THROWS_WITH(driver.step(), Catch::Contains("user function of output words, batch 1"));
  CHECK(driver.outputs("words").empty());
  CHECK(driver.outputs("counts").size() == 1); // no other output waits
  CHECK_THROWS_WITH(driver.recover(), Catch::Contains("user function of output words, batch 1"));
  destination->failures = 0;
  driver.recover().push({"two"}).step();
  CHECK(destination->taken == std::vector{batch_id{1}, batch_id{2}});
}

TEST_CASE("what was published and not known to be is delivered again, and shown once", "[driver][crash]") {
  auto destination = std::make_shared<taker>();
  test_driver driver{counts_to(destination)};
  driver.push({"one"}).crash(moment::committed);
  CHECK(destination->taken.empty());
  driver.recover().push({"two"}).crash(moment::published).recover();
  CHECK(destination->taken == std::vector{batch_id{1}, batch_id{2}, batch_id{2}});
  CHECK(driver.outputs("words").size() == 2);
}

TEST_CASE("a batch that is computed again and gives other bytes is an error that names the output", "[driver][crash]") {
  int calls = 0;
  test_driver driver{[&](stream_context& ctx) {
    ctx.text_input().map([&](std::string_view) { return ++calls; }).named("numbers").print();
  }};
  driver.push({"a"}).crash(moment::computed);
  CHECK_THROWS_WITH(driver.recover(), Catch::Contains("gave other bytes") && Catch::Contains("output 'numbers'"));
}

TEST_CASE("a batch that was sealed is computed with the partitions of the next start", "[driver][crash]") {
  test_driver driver{count_lines, {.partitions = 1, .records_per_split = 2}};
  driver.push({"a", "b", "c", "d", "e", "f"}).crash(moment::computed).restart({.partitions = 5});
  CHECK(driver.output("counts") == rows{{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}, {"e", 1}, {"f", 1}});
  CHECK(driver.parts("counts").size() > 1);
}

TEST_CASE("an accumulator counts each committed batch once, and begins anew with the process", "[driver][crash]") {
  std::shared_ptr<accumulator<std::uint64_t>> longer;
  test_driver driver{[&](stream_context& ctx) {
    longer = std::make_shared<accumulator<std::uint64_t>>(ctx.accumulator<std::uint64_t>());
    ctx.text_input()
      .filter([sum = *longer](std::string_view line) {
        sum.add(line.size());
        return true;
      })
      .named("lines")
      .print();
  }};
  driver.push({"a", "bb", "ccc", "dddd"}).step();
  CHECK(longer->value() == 10);
  driver.push({"e"}).step();
  CHECK(longer->value() == 11);
  driver.push({"ff"}).crash(moment::computed).recover();
  CHECK(longer->value() == 2);
}

TEST_CASE("a persisted stream serves the batches of this process", "[driver][crash]") {
  std::optional<dstream<std::string>> lines;
  test_driver driver{[&](stream_context& ctx) {
    ctx.remember(10s);
    lines = ctx.text_input().map([](std::string_view line) { return std::string{line}; }).named("lines").persist();
  }};
  auto all = [&] {
    std::vector<std::string> found;
    for (auto& batch : lines->slice(event_time{0s}, event_time{10s}))
      for (auto& record : batch.collect())
        found.push_back(record);
    return found;
  };
  driver.push({"a", "b", "c", "d"}).step().push({"e"}).step();
  CHECK(all() == std::vector<std::string>{"a", "b", "c", "d", "e"});
  driver.crash().recover().push({"f"}).step();
  CHECK(all() == std::vector<std::string>{"f"});
}

TEST_CASE("an output without a name cannot be recovered, as the real runtime refuses it", "[driver][crash]") {
  test_driver driver{[](stream_context& ctx) { ctx.text_input().print(); }};
  driver.push({"a"}).crash();
  CHECK_THROWS_WITH(driver.recover(),
                    Catch::Contains("with a data directory every output needs a name") && Catch::Contains(".named("));
  CHECK_FALSE(driver.is_running());
}
