#include "actors/monitor/batch_book.hpp"

#include <catch2/catch.hpp>

using namespace weir;
using namespace weir::actors;
using namespace std::chrono_literals;
using state = batch_book::state;

namespace {

event_time at(std::chrono::microseconds time) { return event_time{time}; }

batch_submission batch(std::uint64_t number, std::uint64_t records = 3) {
  return {batch_id{number},
          static_cast<std::int64_t>(number) * 100,
          static_cast<std::int64_t>(number) * 100'000,
          {{input_id{0}, records, 10 * records}}};
}

batch_summary summary(std::uint64_t number, std::uint64_t records = 3) {
  batch_summary made;
  made.batch = batch_id{number};
  made.records = records;
  made.inputs = {{input_id{0}, records, 10 * records}};
  return made;
}

} // namespace

TEST_CASE("a batch is known from its submission to its end, with its delays", "[batch_book]") {
  batch_book book{{"counts"}, {"weir://a"}};
  auto submitted = book.submitted(batch(1));
  REQUIRE(submitted);
  CHECK(submitted->info.batch_time == at(100ms));
  CHECK(submitted->info.records() == 3);
  CHECK(submitted->info.inputs.at(input_id{0}).description == "weir://a");
  CHECK_FALSE(submitted->info.scheduling_delay());
  CHECK_FALSE(submitted->info.processing_delay());
  CHECK_FALSE(submitted->info.total_delay());
  CHECK(book.started(batch_id{1}, at(110ms))->info.scheduling_delay() == 10ms);
  CHECK(book.committed(summary(1), at(120ms))->where == state::committed);
  CHECK(book.output_started(batch_id{1}, output_index{0}, at(125ms))->name == "counts");
  CHECK(book.output_ended(batch_id{1}, output_index{0}, at(130ms), {})->duration() == 5ms);
  auto completed = book.completed(batch_id{1}, at(150ms));
  REQUIRE(completed);
  CHECK(completed->info.processing_delay() == 20ms);
  CHECK(completed->info.total_delay() == 30ms);
  CHECK(book.open().empty());
  CHECK(book.ended().size() == 1);
}

TEST_CASE("what is said again, late, or of unknown batches changes nothing", "[batch_book]") {
  batch_book book{{"counts"}, {"in"}};
  CHECK_FALSE(book.started(batch_id{1}, at(0ms)));
  CHECK_FALSE(book.committed(summary(1), at(0ms)));
  CHECK_FALSE(book.completed(batch_id{1}, at(0ms)));
  CHECK_FALSE(book.output_started(batch_id{1}, output_index{0}, at(0ms)));
  REQUIRE(book.submitted(batch(1)));
  CHECK_FALSE(book.submitted(batch(1)));
  CHECK(book.started(batch_id{1}, at(110ms)));
  CHECK_FALSE(book.started(batch_id{1}, at(120ms)));
  CHECK(book.committed(summary(1), at(130ms)));
  CHECK_FALSE(book.committed(summary(1), at(130ms)));
  CHECK(book.output_started(batch_id{1}, output_index{0}, at(131ms)));
  CHECK_FALSE(book.output_started(batch_id{1}, output_index{0}, at(132ms)));
  CHECK_FALSE(book.output_started(batch_id{1}, output_index{9}, at(132ms)));
  CHECK(book.output_ended(batch_id{1}, output_index{0}, at(133ms), {}));
  CHECK_FALSE(book.output_ended(batch_id{1}, output_index{0}, at(134ms), {}));
  CHECK(book.completed(batch_id{1}, at(135ms)));
  CHECK_FALSE(book.completed(batch_id{1}, at(135ms)));
  CHECK(book.count().completed == 1);
  CHECK(book.count().processed_records == 3);
}

TEST_CASE("an output that failed names its reason, until it is published after all", "[batch_book]") {
  batch_book book{{"a", "b", "c"}, {"in"}};
  book.submitted(batch(1));
  book.started(batch_id{1}, at(100ms));
  book.committed(summary(1), at(101ms));
  for (std::uint32_t output = 0; output < 3; ++output)
    book.output_started(batch_id{1}, output_index{output}, at(102ms));
  CHECK_FALSE(book.output_ended(batch_id{1}, output_index{0}, at(103ms), {})->failure_reason);
  CHECK(book.output_ended(batch_id{1}, output_index{1}, at(103ms), "no space")->failure_reason == "no space");
  CHECK(book.output_ended(batch_id{1}, output_index{2}, at(103ms), "no right")->failure_reason == "no right");
  auto& outputs = book.open().at(batch_id{1}).info.outputs;
  CHECK(outputs[1].failure_reason == "no space");
  CHECK(outputs[2].failure_reason == "no right");
  CHECK_FALSE(book.output_ended(batch_id{1}, output_index{1}, at(104ms), {})->failure_reason);
}

TEST_CASE("batches go from waiting to running to unpublished to completed, and few that ended are kept",
          "[batch_book]") {
  batch_book book{{"counts"}, {"in"}, 2};
  for (std::uint64_t number = 1; number <= 5; ++number)
    book.submitted(batch(number, 300));
  CHECK(book.count().waiting == 5);
  CHECK(book.count().processed_records == 0);
  book.started(batch_id{2}, at(1s)); // out of order
  book.started(batch_id{1}, at(1s));
  CHECK(book.count().waiting == 3);
  CHECK(book.count().running == 2);
  for (std::uint64_t number = 1; number <= 4; ++number)
    book.committed(summary(number, 300), at(2s));
  CHECK(book.count().unpublished == 4);
  CHECK(book.count().processed_records == 1200);
  for (std::uint64_t number = 1; number <= 4; ++number)
    book.completed(batch_id{number}, at(3s));
  CHECK(book.count().completed == 4);
  CHECK(book.ended().size() == 2);
  CHECK(book.ended().back().info.id == batch_id{4});
  CHECK(book.open().size() == 1);
}

TEST_CASE("a coordinator that starts anew says which batches there are, and others are forgotten", "[batch_book]") {
  batch_book book{{"counts"}, {"in"}};
  for (std::uint64_t number = 1; number <= 3; ++number)
    book.submitted(batch(number));
  book.started(batch_id{1}, at(1s));
  auto added = book.recovered({batch(2), batch(7)}, {batch(1)});
  REQUIRE(added.size() == 1);
  CHECK(added.front()->info.id == batch_id{7});
  CHECK(book.open().size() == 3);
  CHECK(book.count().unpublished == 1);
  CHECK(book.count().waiting == 2);
  CHECK(book.completed(batch_id{1}, at(2s)));
}

TEST_CASE("no delay is negative, although the wall clock goes back", "[batch_book]") {
  batch_book book{{"counts"}, {"in"}};
  book.submitted(batch(10));
  book.started(batch_id{10}, at(0ms));
  book.committed(summary(10), at(0ms));
  book.output_started(batch_id{10}, output_index{0}, at(5ms));
  book.output_ended(batch_id{10}, output_index{0}, at(0ms), {});
  auto& info = book.completed(batch_id{10}, at(0ms))->info;
  CHECK(info.scheduling_delay() == 0ms);
  CHECK(*info.processing_delay() >= 0ms);
  CHECK(info.outputs[0].duration() == 0ms);
}
