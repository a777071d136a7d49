// The examples of docs/testing.md: what stands there stands here, and is run.
#include <catch2/catch.hpp>

#include "libstream/api/names.hpp"
#include "libstream/api/receiver.hpp"
#include "libstream/operators/split_words.hpp"
#include "libstream/testing/test_driver.hpp"
#include "libstream/testing/three_ways.hpp"

using namespace weir::testing;
using namespace std::chrono_literals;

namespace {

void word_count(weir::stream_context& ctx) {
  ctx.text_input().flat_map(weir::split_words).count_by_value().named("counts").write_to(ctx.output());
}

void line_count(weir::stream_context& ctx) { ctx.text_input().count().named("lines").print(); }

using order = std::pair<std::string, std::uint64_t>; // who, cents

class orders final : public weir::receiver<order> {
  void on_start() override {}
  void on_stop() override {}
};

void totals(weir::stream_context& ctx) {
  ctx.receiver_stream(std::make_shared<orders>()).named("orders").reduce_by_key(std::plus<>{}).named("totals").print();
}

/// A shop's books, written to at every batch.
struct ledger final : weir::delivery {
  std::map<weir::batch_id, std::size_t> entries;

  weir::result<void> deliver(const weir::delivered_batch& batch) override {
    entries[batch.batch] = batch.parts.size(); // by batch: what comes again changes nothing
    return {};
  }
  void cancel() override {} // ends a call that waits; this one never does
};

} // namespace

TEST_CASE("words are counted in each batch", "[guide]") {
  test_driver driver{word_count};
  driver.push({"the quick fox", "the dog"}).step();
  CHECK(driver.output("counts") == rows{{"the", 2}, {"quick", 1}, {"fox", 1}, {"dog", 1}});

  driver.push({"the end"}).step();
  CHECK(driver.output("counts") == rows{{"the", 1}, {"end", 1}});
  CHECK(driver.outputs("counts").size() == 2);
}

TEST_CASE("orders are added up by who made them", "[guide]") {
  test_driver driver{totals};
  driver.push("orders", std::vector<order>{{"ann", 250}, {"bob", 100}, {"ann", 50}}).step();
  CHECK(driver.output("totals") == rows{{"ann", 300}, {"bob", 100}});
}

TEST_CASE("an interval without lines has a count, too", "[guide]") {
  test_driver driver{line_count, {.interval_ms = 500}};
  driver.push({"a", "b"}).advance(1500ms);
  CHECK(driver.outputs("lines") ==
        std::map<std::chrono::milliseconds, rows>{{500ms, {2}}, {1000ms, {0}}, {1500ms, {0}}});
}

TEST_CASE("whatever the process was doing when it died, a word is counted once", "[guide]") {
  auto when = GENERATE(moment::before_seal, moment::sealed, moment::computed, moment::committed, moment::published);
  test_driver driver{word_count};
  driver.push({"a b a"}).crash(when);
  CHECK_THROWS(driver.push({"nobody is there"}));
  driver.recover().run_until_idle();
  CHECK(driver.outputs("counts") == std::map<std::chrono::milliseconds, rows>{{1s, {{"a", 2}, {"b", 1}}}});
}

TEST_CASE("a batch that was begun goes on with other partitions", "[guide]") {
  test_driver driver{word_count, {.partitions = 2}};
  driver.push({"a b c d e f"}).crash(moment::sealed).restart({.partitions = 5, .records_per_split = 1});
  CHECK(driver.output("counts").lines().size() == 6);
}

TEST_CASE("the books have each batch once, although it is delivered twice", "[guide]") {
  auto books = std::make_shared<ledger>();
  test_driver driver{[books](weir::stream_context& ctx) {
    ctx.receiver_stream(std::make_shared<orders>()).named("orders").deliver_to(books);
  }};
  driver.push<order>("orders", {{"ann", 250}}).crash(moment::published).recover();
  CHECK(books->entries.size() == 1);
  CHECK(driver.records<order>("orders") == std::vector<order>{{"ann", 250}});
}

TEST_CASE("a word count is the same however it runs", "[guide]") {
  CHECK(three_ways(word_count, {{"a b", "a"}, {"c"}, {}, {"a a a", "b"}}));
}

TEST_CASE("totals are the same however they are computed", "[guide]") {
  auto monday = [](test_driver& driver) { driver.push<order>("orders", {{"ann", 250}, {"bob", 100}}); };
  auto tuesday = [](test_driver& driver) { driver.push<order>("orders", {{"bob", 1}}); };
  CHECK(three_ways(totals, {monday, tuesday}));
}

TEST_CASE("numbering lines with a counter of the program's own is found out", "[guide]") {
  int number = 0;
  auto numbered = [&](weir::stream_context& ctx) {
    ctx.text_input()
      .map([&](std::string_view line) {
        return std::pair{std::string{line}, ++number};
      })
      .named("numbered")
      .print();
  };
  auto found = three_ways(numbered, {{"a", "b"}});
  CHECK_FALSE(found);
  CHECK(found.text() == "is not the same when it runs straight for the second time:\n"
                        "  batch at 1000 ms, output 'numbered'\n"
                        "  missing: \"a\\t1\" \"b\\t2\"\n"
                        "  extra: \"a\\t3\" \"b\\t4\"");
}
