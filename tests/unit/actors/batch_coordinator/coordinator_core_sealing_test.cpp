#include <catch2/catch.hpp>

#include "tests/unit/actors/batch_coordinator/core_world.hpp"

using namespace weir;
using namespace weir::actors;
using namespace weir::actors::core_test;

namespace {

/// Batches and bounds: what is sealed of `count` times a block, if nothing of it goes on.
std::size_t sealed_of(world& w, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    w.seal();
  return w.records.size();
}

} // namespace

TEST_CASE("what waits is sealed at the next multiple of the interval, and announced at once", "[coordinator_core]") {
  world w;
  w.facts.tables = {{"prices", 12}};
  w.claim();
  w.forget();
  w.tell(blocks(1, 3));
  CHECK(w.order() == "t"); // 30 ms after a multiple
  w.pass(70ms);
  CHECK(w.records.empty());
  w.pass(1ms);
  CHECK(w.order() == "ts!R");
  REQUIRE(w.records.size() == 1);
  auto& record = w.records[0];
  CHECK(record.id == batch_id{17'000'000'001});
  CHECK(record.time_ms == 1'700'000'000'100);
  CHECK(record.epoch == own_epoch);
  CHECK(record.splits == std::vector{split_of(1, 3, 300)});
  CHECK(record.records == 30);
  CHECK(record.bytes == 300);
  CHECK(record.tables == w.facts.tables);
  auto seal = w.said<seal_batch>().at(0);
  CHECK(seal.epoch == own_epoch);
  CHECK(seal.after == batch_id{0});
  CHECK(w.asked<seal_batch>() == std::vector<address>{{role::checkpoint_writer, 0}});
  auto run = w.said<run_batch>().at(0);
  CHECK(run.attempt.epoch == own_epoch);
  CHECK(run.record == record);
  CHECK(run.owners == w.facts.owners);
  CHECK(w.told->submitted.at(0).batch == record.id);
  CHECK(w.told->submitted.at(0).submitted_us == w.now.wall_us - 800); // the clock runs 0.2 ms behind
  CHECK(w.told->submitted.at(0).inputs.at(0).records == 30);
  CHECK(w.told->submitted.at(0).inputs.at(0).bytes == 300);
  CHECK(w.core->count_phases().receiving == 1); // its seal is not in the log yet
  w.tell(batch_sealed{own_epoch, record.id});
  CHECK(w.core->count_phases().receiving == 0);
  CHECK(w.core->count_phases().sealed == 1);
}

TEST_CASE("a seal names the batch before it", "[coordinator_core]") {
  world w;
  w.claim();
  auto one = w.seal();
  w.forget();
  auto two = w.seal();
  CHECK(two > one);
  CHECK(w.said<seal_batch>().at(0).after == batch_id{one});
  CHECK(w.record_of(two).splits == std::vector{split_of(2, 2)});
  CHECK(w.record_of(two).time_ms == w.record_of(one).time_ms + 200);
}

TEST_CASE("nothing is sealed, and no block is counted, before the coordinator has its epoch and knows the log",
          "[coordinator_core]") {
  world w;
  w.begin();
  w.forget();
  w.tell(blocks(1, 2)).pass(1s);
  CHECK(w.order().empty());
  w.tell(coordination_claimed{incarnation, own_epoch});
  w.tell(blocks(1, 2)).pass(1s);
  CHECK(w.order() == "L");
  w.core->recovered(own_epoch, {}, w.now);
  w.pass(1s);
  CHECK(w.records.empty());
}

TEST_CASE("no tick comes to an application that has nothing to do, and only one at a time", "[coordinator_core]") {
  world w;
  w.claim();
  w.forget();
  w.pass(10s);
  CHECK(w.order().empty());
  w.tell(blocks(1, 1)).tell(blocks(2, 2)).tell(blocks(3, 3));
  CHECK(w.order() == "t");
  w.pass(10s);
  CHECK(w.order() == "ts!R");
  CHECK(w.core->count_phases().receiving == 1);
}

TEST_CASE("only so many batches are between sealed and committed", "[coordinator_core]") {
  world w;
  w.facts.bounds.max_batches_in_flight = 2;
  w.claim();
  CHECK(sealed_of(w, 3) == 2);
  auto one = w.records[0].id.value;
  SECTION("a staged one counts") {
    w.compute(one).pass(1s);
    CHECK(w.records.size() == 2);
  }
  SECTION("a committed one does not, and the next is sealed at once, with all that has come meanwhile") {
    w.tell(blocks(4, 4)); // due, but held back
    w.pass(250ms);
    w.compute(one).commit(one);
    REQUIRE(w.records.size() == 3);
    CHECK(w.records[2].splits == std::vector{split_of(3, 4, 200)});
    CHECK(w.told->submitted.at(2).submitted_us == w.now.wall_us - 250'000);
  }
}

TEST_CASE("only so many committed batches wait for their outputs", "[coordinator_core]") {
  world w;
  w.facts.bounds.max_unpublished_batches = 2;
  w.claim();
  for (int i = 0; i < 2; ++i) {
    auto batch = w.seal();
    w.compute(batch).commit(batch);
  }
  auto two = w.newest();
  CHECK(w.seal() == two);
  w.publish(two, files).publish(two, shown);
  CHECK(w.newest() > two);
}

TEST_CASE("sealing pauses while too many staged bytes of committed batches wait for their outputs",
          "[coordinator_core]") {
  world w;
  w.facts.bounds.max_unpublished_bytes = 40;
  w.claim();
  auto one = w.seal();
  w.compute(one, 9).commit(one); // four parts of 9 bytes
  auto two = w.seal();
  CHECK(two > one);
  w.compute(two, 1).commit(two);
  CHECK(w.seal() == two);
  w.publish(one, files).publish(one, shown);
  CHECK(w.newest() > two);
}

TEST_CASE("sealing pauses while too much input of committed batches waits for their outputs", "[coordinator_core]") {
  world w;
  w.facts.bounds.max_unpublished_input_bytes = 201;
  w.claim();
  auto one = w.seal(2);
  w.compute(one).commit(one);
  auto two = w.seal(1);
  CHECK(two > one);
  w.compute(two).commit(two);
  CHECK(w.seal() == two);
  w.publish(two, files).publish(two, shown);
  CHECK(w.newest() > two);
}

TEST_CASE("a batch takes a bounded number of bytes, and the next takes the rest in the next interval",
          "[coordinator_core]") {
  world w;
  w.facts.bounds.max_batch_bytes = 250;
  w.claim();
  w.seal(5);
  CHECK(w.records.size() == 1);
  CHECK(w.records[0].splits == std::vector{split_of(1, 2, 200)});
  w.pass(100ms);
  REQUIRE(w.records.size() == 2);
  CHECK(w.records[1].splits == std::vector{split_of(3, 4, 200)});
  CHECK(w.records[1].id == w.records[0].id.next());
}

TEST_CASE("a batch is cut into a split for each partition, but not into small or large ones", "[coordinator_core]") {
  auto bytes = GENERATE(values<std::pair<std::uint64_t, std::size_t>>(
    {{limits::split_bytes / 4, 1}, {limits::split_bytes / 2, 2}, {limits::max_split_bytes, 4}}));
  world w;
  w.claim();
  w.seal(4, bytes.first); // four blocks
  CHECK(w.records.at(0).splits.size() == bytes.second);
}

TEST_CASE("a program that has something to do in every batch gets one in each interval, until it drains",
          "[coordinator_core]") {
  world w;
  w.facts.plan = std::make_shared<small_plan>(true);
  w.facts.bounds.max_batches_in_flight = 100;
  w.claim();
  w.pass(1s);
  CHECK(w.records.size() >= 10);
  CHECK(w.records.size() <= 11);
  CHECK(w.records[0].splits.empty());
  w.tell(drain{}).pass(1s);
  auto sealed = w.records.size();
  w.pass(1s);
  CHECK(w.records.size() == sealed);
}

TEST_CASE("a batch without tasks is committed as soon as it is sealed", "[coordinator_core]") {
  world w;
  w.facts.plan = std::make_shared<small_plan>(true, false);
  w.claim();
  w.forget();
  w.pass(100ms);
  CHECK(w.order() == "s!R!Ct");
  CHECK(w.committing() == std::vector{w.newest()});
}

TEST_CASE("an input that can be read again is taken by its first rate, which is corrected by what was read",
          "[coordinator_core]") {
  world w;
  w.facts.inputs[0].replayable = true;
  w.facts.rates.enabled = true;
  w.facts.rates.initial_rate = 1000; // 105 records a batch of 100 ms, of a byte each as long as nothing is known
  w.claim();
  plan::source_partition file{"a", 1'000'000, 1, false, 0, 1};
  w.tell(offsets_found{first, {file}, {}});
  CHECK(w.wanted<read_positions>().at(0).partitions == std::vector<std::pair<input_id, std::string>>{{first, "a"}});
  w.answer_positions({});
  w.pass(100ms);
  REQUIRE(w.records.size() == 1);
  CHECK(w.records[0].bytes <= 105);
  CHECK(w.records[0].bytes > 0);
  auto one = w.newest();
  w.end_task(one, 0, 0); // 10 records
  for (std::uint32_t i = 0; i < partitions; ++i)
    w.end_task(one, 1, i);
  w.commit(one);
  CHECK(w.told->committed.at(0).inputs.at(0).records == 10);
  w.pass(100ms);
  REQUIRE(w.records.size() == 2);
  CHECK(w.records[1].bytes > w.records[0].bytes * 5); // a record has about ten bytes
  CHECK(w.said<count_offsets>().empty());             // no greatest rate is promised
}

TEST_CASE("people hear what waits of an input, and once that nothing waits any more", "[coordinator_core]") {
  world w;
  w.claim();
  CHECK(w.told->waiting.empty());
  w.tell(blocks(1, 2));
  REQUIRE(w.told->waiting.size() == 1);
  CHECK(w.told->waiting[0].records == 20);
  CHECK(w.told->waiting[0].bytes == 200);
  w.pass(100ms);
  REQUIRE(w.told->waiting.size() == 2);
  CHECK(w.told->waiting[1].records == 0);
  CHECK(w.told->waiting[1].bytes == 0);
  w.tell(blocks(1, 2));
  CHECK(w.told->waiting.size() == 2);
}
