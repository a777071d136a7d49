#include "libstream/testing/test_driver.hpp"

#include <catch2/catch.hpp>

#include "libstream/api/receiver.hpp"

using namespace weir;
using namespace weir::testing;
using namespace std::chrono_literals;

namespace {

template <class T>
struct idle_receiver final : receiver<T> {
  void on_start() override {}
  void on_stop() override {}
};

using sale = std::pair<std::string, std::uint64_t>;

void count_lines(stream_context& ctx) { ctx.text_input().count_by_value().named("counts").print(); }

void two_inputs(stream_context& ctx) {
  ctx.text_input().count_by_value().named("lines").print();
  ctx.receiver_stream(std::make_shared<idle_receiver<sale>>())
    .named("sales")
    .reduce_by_key(std::plus<>{})
    .named("totals")
    .print();
  ctx.receiver_stream(std::make_shared<idle_receiver<std::string_view>>()).named("clicks").named("clicks").print();
}

} // namespace

TEST_CASE("records are pushed into text_input and into receivers by their names", "[driver]") {
  test_driver driver{two_inputs};
  driver.push({"a", "b", "a"});
  driver.push("sales", std::vector<sale>{{"ann", 3}, {"bob", 1}, {"ann", 4}, {"cem", 2}});
  driver.push("clicks", {"one\ntwo", ""});
  driver.step();
  CHECK(driver.output("lines") == rows{{"a", 2}, {"b", 1}});
  CHECK(driver.output("totals") == rows{{"ann", 7}, {"bob", 1}, {"cem", 2}});
  CHECK(driver.output_in_order("clicks").size() == 3); // the text output does not escape its newline
  driver.push<sale>("sales", {{"ann", 1}}).step();
  CHECK(driver.output("totals") == rows{{"ann", 1}});
  CHECK(driver.output("lines").empty());
}

TEST_CASE("pushing where nothing reads names what is there", "[driver]") {
  test_driver driver{two_inputs};
  CHECK_THROWS_WITH(driver.push<sale>("sale", {{"ann", 1}}), Catch::Contains("did you mean 'sales'?"));
  CHECK_THROWS_WITH(driver.push({"two\nlines"}), Catch::Contains("push each line by itself"));
  CHECK_THROWS_WITH(driver.output("total"), Catch::Contains("did you mean 'totals'?"));
  test_driver other{[](stream_context& ctx) { ctx.constant<int>({1}).print(); }};
  CHECK_THROWS_WITH(other.push({"a"}), Catch::Contains("does not read it"));
}

TEST_CASE("records that a receiver's stream cannot read fail the batch, and its operator is named", "[driver]") {
  test_driver driver{two_inputs};
  driver.push("sales", std::vector<std::string>{"no sale"});
  try {
    driver.step();
    FAIL("it did not throw");
  } catch (const plan::plan_error& thrown) {
    CHECK(thrown.why().code == error_code::corrupt);
    CHECK_THAT(thrown.what(), Catch::Contains("operator sales") && Catch::Contains("cannot be read") &&
                                Catch::Contains("start that program once more and let it drain, then upgrade") &&
                                !Catch::Contains("mend the function"));
  }
}

TEST_CASE("results that an older program left for a function, of another type, are no fault of the function",
          "[driver]") {
  auto built = [](auto function) {
    return [function](stream_context& ctx) {
      ctx.text_input().map(function).named("sales").foreach_batch([](const dataset<decltype(function({}))>&) {});
    };
  };
  test_driver driver{built([](std::string_view line) { return std::pair{std::string{line}, 1}; })};
  driver.push({"tea"}).crash(moment::committed);
  try {
    driver.upgrade(built([](std::string_view line) { return std::tuple{std::string{line}, 1, 2}; }));
    FAIL("it did not throw");
  } catch (const plan::plan_error& thrown) {
    CHECK(thrown.why().code == error_code::corrupt);
    CHECK_THAT(thrown.what(), Catch::StartsWith("output sales, batch 1: ") &&
                                Catch::Contains("start that program once more and let it drain, then upgrade") &&
                                !Catch::Contains("mend the function"));
  }
}

TEST_CASE("a function that throws is named with input, record number and record, behind a shuffle with the key",
          "[driver]") {
  auto throws_on = [](std::string_view poison) {
    return [poison](std::string_view line) {
      if (line == poison)
        throw std::runtime_error{"cannot swallow it"};
      return std::pair{std::string{line}, 1};
    };
  };
  test_driver driver{[&](stream_context& ctx) { ctx.text_input().map(throws_on("c")).named("parse").print(); },
                     {.records_per_split = 4}};
  CHECK_THROWS_WITH(driver.push({"a", "b", "c"}).step(),
                    Catch::StartsWith("user function of operator parse, batch 1, partition 0, input text_input, "
                                      "record 2 \"c\": cannot swallow it; "));
  test_driver keyed{[&](stream_context& ctx) {
                      ctx.text_input()
                        .map(throws_on(""))
                        .reduce_by_key([](int, int) -> int { throw std::runtime_error{"no sum"}; })
                        .named("sums")
                        .print();
                    },
                    {.partitions = 1, .records_per_split = 1}};
  CHECK_THROWS_WITH(keyed.push({"a", "a"}).step(),
                    Catch::StartsWith("user function of operator sums, batch 1, partition 0, key \"a\": no sum"));
}

TEST_CASE("time does not go back, and an output without a name of the plan is refused before any batch", "[driver]") {
  test_driver driver{count_lines};
  CHECK_THROWS_WITH(driver.advance(-5ms), Catch::Contains("time does not go back") && Catch::Contains("-5ms"));
  CHECK(driver.now() == 0ms);
  CHECK_THROWS_WITH(driver.output("other"), Catch::Contains("no such output"));
  CHECK_THROWS_WITH(driver.outputs("other"), Catch::Contains("no such output"));
  CHECK_THROWS_WITH(driver.records<sale>("other"), Catch::Contains("no such output"));
}

TEST_CASE("outputs are remembered by batch time, their last batch also in order and by part", "[driver]") {
  test_driver driver{[](stream_context& ctx) { ctx.text_input().named("lines").print(); }, {.records_per_split = 2}};
  driver.push({"c", "b", "a"}).step().step().push({"x"}).step();
  CHECK(driver.outputs("lines") ==
        std::map<std::chrono::milliseconds, rows>{{1000ms, {"a", "b", "c"}}, {3000ms, {"x"}}});
  driver.push({"c", "b", "a"}).step();
  CHECK(driver.output_in_order("lines") == std::vector<row>{"c", "b", "a"});
  CHECK(driver.parts("lines") == std::map<std::uint32_t, std::vector<row>>{{0, {"c", "b"}}, {1, {"a"}}});
  CHECK(driver.now() == 4s);
}

TEST_CASE("time that passes runs a batch with input, and leaves no trace of others", "[driver]") {
  std::vector<std::int64_t> times;
  struct listening final : streaming_listener {
    std::vector<std::int64_t>& times;
    explicit listening(std::vector<std::int64_t>& into) : times{into} {}
    void on_batch_completed(const batch_info& batch) override {
      times.push_back(batch.batch_time.time_since_epoch() / 1ms);
    }
  };
  test_driver driver{[&](stream_context& ctx) {
    ctx.add_listener(std::make_shared<listening>(times));
    count_lines(ctx);
  }};
  driver.advance(2500ms).push({"a"}).advance(499ms);
  CHECK(times.empty());
  driver.advance(1ms);
  CHECK(times == std::vector<std::int64_t>{3000});
  driver.advance(24h).push({"b"}).advance(1s);
  CHECK(times == std::vector<std::int64_t>{3000, 86'404'000});
  CHECK(driver.outputs("counts").size() == 2);
}

TEST_CASE("what is always due runs every interval, and once for all that it missed", "[driver]") {
  test_driver driver{[](stream_context& ctx) { ctx.text_input().count().named("count").print(); }};
  driver.push({"a"}).advance(3s);
  CHECK(driver.outputs("count") ==
        std::map<std::chrono::milliseconds, rows>{{1000ms, {1}}, {2000ms, {0}}, {3000ms, {0}}});
  driver.crash().advance(5500ms).recover();
  CHECK(driver.outputs("count").size() == 4);
  CHECK(driver.outputs("count").rbegin()->first == 8s);
  driver.step();
  CHECK(driver.outputs("count").rbegin()->first == 9s);
}

TEST_CASE("step computes as many batches as it is told", "[driver]") {
  test_driver driver{[](stream_context& ctx) { ctx.text_input().count().named("count").print(); }};
  driver.push({"a"}).step(3);
  CHECK(driver.outputs("count").size() == 3);
  driver.push({"b"}).run_until_idle().run_until_idle();
  CHECK(driver.outputs("count").size() == 4);
}

TEST_CASE("the application is computed with other partitions after a restart, which loses nothing that waits",
          "[driver]") {
  test_driver driver{two_inputs, {.partitions = 1}};
  driver.push({"a", "b", "c", "d", "e", "f"}).restart({.partitions = 4, .records_per_split = 1});
  CHECK(driver.output("lines").lines().size() == 6); // taken before it ended
  CHECK(driver.parts("lines").size() == 1);
  driver.push({"a", "b", "c", "d", "e", "f"}).step();
  CHECK(driver.parts("lines").size() > 1);
  CHECK_THROWS_WITH((test_driver{two_inputs, {.partitions = 0}}), Catch::Contains("at least 1"));
}

TEST_CASE("another version of the program goes on with the inputs of the first", "[driver]") {
  test_driver driver{two_inputs};
  driver.push<sale>("sales", {{"ann", 1}}).crash(moment::sealed);
  CHECK_FALSE(driver.is_running());
  driver.upgrade([](stream_context& ctx) {
    ctx.receiver_stream(std::make_shared<idle_receiver<sale>>()).named("other").print();
    ctx.receiver_stream(std::make_shared<idle_receiver<sale>>())
      .named("sales")
      .map_values([](std::uint64_t value) { return value * 100; })
      .named("cents")
      .print();
  });
  CHECK(driver.output("cents") == rows{{"ann", 100}});
}

TEST_CASE("a sealed batch of an input that the program has no more is refused", "[driver]") {
  test_driver driver{two_inputs};
  driver.push<sale>("sales", {{"ann", 1}}).crash(moment::sealed);
  CHECK_THROWS_WITH(driver.upgrade(count_lines), Catch::Contains("an input that is gone"));
  CHECK_FALSE(driver.is_running());
}

TEST_CASE("another interval at a restart gives times that go on from the last one", "[driver]") {
  test_driver driver{count_lines};
  driver.push({"a"}).step().push({"b"}).step();
  driver.push({"c"}).restart({.interval_ms = 300}).push({"d"}).step();
  driver.restart({.interval_ms = 60'000}).push({"e"}).step();
  driver.restart({.interval_ms = 7}).push({"f"}).step();
  std::vector<std::chrono::milliseconds> times;
  for (auto& [time, shown] : driver.outputs("counts"))
    times.push_back(time);
  CHECK(times == std::vector<std::chrono::milliseconds>{1000ms, 2000ms, 3000ms, 3300ms, 60'000ms, 60'004ms});
}

TEST_CASE("committed results of an output that the program has no more are refused", "[driver]") {
  test_driver driver{[](stream_context& ctx) { ctx.text_input().count().named("old").print(); }};
  driver.push({"a"}).crash(moment::committed);
  auto upgrade = [&] { driver.upgrade([](stream_context& ctx) { ctx.text_input().count().named("new").print(); }); };
  CHECK_THROWS_WITH(upgrade(), Catch::Contains("committed results wait for an output that the program no longer has"));
  CHECK_FALSE(driver.is_running());
}

TEST_CASE("a sealed batch whose static data has changed is refused", "[driver]") {
  auto with_price = [](int price) {
    return [price](stream_context& ctx) {
      ctx.text_input()
        .map([](std::string_view line) {
          return std::pair{std::string{line}, 1};
        })
        .join(dataset<std::pair<std::string, int>>::from({{"tea", price}}).named("prices"))
        .named("priced")
        .print();
    };
  };
  test_driver driver{with_price(3)};
  driver.push({"tea"}).crash(moment::sealed);
  CHECK_THROWS_WITH(driver.upgrade(with_price(4)),
                    Catch::Contains("static data has changed") && Catch::Contains("operator prices"));
  driver.upgrade(with_price(3));
  CHECK(driver.output("priced").lines().size() == 1);
}

TEST_CASE("the lines of a temporary outlive it", "[driver]") {
  test_driver driver{[](stream_context& ctx) { ctx.text_input().named("lines").write_to(ctx.output()); }};
  driver.push({"b, and so long that no string holds it in itself", "a"}).step();
  std::vector<std::string> seen;
  for (auto& line : driver.output("lines").lines())
    seen.push_back(line.text);
  CHECK(seen == std::vector<std::string>{"a", "b, and so long that no string holds it in itself"});
  auto all = driver.output("lines");
  STATIC_REQUIRE(std::is_reference_v<decltype(all.lines())>); // no copy of what stays
}
