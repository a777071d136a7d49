#include "actors/batch_coordinator/batch_times.hpp"

#include <catch2/catch.hpp>

using namespace weir;
using namespace weir::actors;
using namespace std::chrono_literals;

namespace {

constexpr input_id blocks{0}, files{1};

batch_times::time_point at(std::chrono::milliseconds since) { return batch_times::time_point{since}; }

/// Its first split is of blocks, its second of a file.
log::batch_record record_of(std::uint64_t number) {
  log::batch_record record;
  record.id = batch_id{number};
  record.time_ms = static_cast<std::int64_t>(number) * 100;
  record.splits.resize(2);
  record.splits[0].blocks.push_back({blocks, epoch{1}, block_sequence{1}, block_sequence{1}});
  record.splits[1].ranges.emplace_back();
  record.splits[1].ranges[0].input = files;
  return record;
}

rate_controller::parameters paced() {
  rate_controller::parameters made;
  made.enabled = true;
  return made;
}

/// One batch from `start` on that computes for `took`.
batch_times::ended_batch run(batch_times& times, std::uint64_t number, std::chrono::milliseconds start,
                             std::chrono::milliseconds took) {
  auto record = record_of(number);
  times.submitted(record, {{blocks, 1'000, 10}, {files, 0, 20}}, at(start));
  times.announced(record.id, at(start), 0);
  times.task_read(record.id, task_index{1}, 500);
  times.computed(record.id, at(start + took));
  batch_progress batch{record, 0};
  batch.announced({epoch{1}, view_id{1}});
  batch.stage(epoch{1});
  auto ended = times.committed(batch, at(start + took + 2ms));
  REQUIRE(ended);
  return *ended;
}

} // namespace

TEST_CASE("a batch that was due before it might be sealed was late for so long", "[batch_times]") {
  batch_times times{{}};
  times.held(at(100ms));
  times.held(at(110ms)); // still
  CHECK(times.submitted(record_of(1), {}, at(130ms)) == 30ms);
  CHECK(times.submitted(record_of(2), {}, at(200ms)) == 0ms);
}

TEST_CASE("a committed batch tells its delays, and the records of its files", "[batch_times]") {
  batch_times times{{}};
  auto record = record_of(7);
  times.submitted(record, {{blocks, 10, 100}, {files, 0, 200}}, at(700ms));
  times.announced(record.id, at(705ms), 5'000);
  times.task_read(record.id, task_index{0}, 10);
  times.task_read(record.id, task_index{1}, 20);
  times.task_read(record.id, task_index{1}, 20); // said again
  times.announced(record.id, at(710ms), 10'000); // begins anew
  times.task_read(record.id, task_index{1}, 21);
  times.computed(record.id, at(730ms));
  batch_progress batch{record, 0};
  batch.announced({epoch{1}, view_id{2}});
  batch.stage(epoch{1});
  auto ended = times.committed(batch, at(735ms));
  REQUIRE(ended);
  CHECK(ended->summary.batch == batch_id{7});
  CHECK(ended->summary.scheduling_delay_us == 10'000);
  CHECK(ended->summary.processing_us == 25'000);
  CHECK(ended->summary.total_delay_us == 35'000);
  REQUIRE(ended->summary.inputs.size() == 2);
  CHECK(ended->summary.inputs[0].records == 10);
  CHECK(ended->summary.inputs[1].records == 21);
  CHECK(ended->rates.empty());
  CHECK_FALSE(times.committed(batch, at(735ms))); // told once
}

TEST_CASE("a batch that a drain seals before its time is not late", "[batch_times]") {
  batch_times times{{}};
  auto record = record_of(7);
  times.submitted(record, {}, at(600ms));
  times.announced(record.id, at(600ms), -100'000);
  times.computed(record.id, at(602ms));
  batch_progress batch{record, 0};
  batch.announced({epoch{1}, view_id{2}});
  batch.stage(epoch{1});
  auto ended = times.committed(batch, at(603ms));
  REQUIRE(ended);
  CHECK(ended->summary.scheduling_delay_us == 0);
  CHECK(ended->summary.total_delay_us == 3'000);
}

TEST_CASE("rates follow from the second batch on, for each input what it took", "[batch_times]") {
  batch_times times{paced()};
  CHECK(run(times, 1, 100ms, 50ms).rates.empty());
  CHECK_FALSE(times.rate(blocks));
  auto second = run(times, 2, 200ms, 50ms);
  REQUIRE(second.rates.size() == 2);
  CHECK(second.rates[0].of.input == blocks);
  CHECK(second.rates[0].rate == 20'000); // 1000 in 50 ms
  CHECK(second.rates[1].of.input == files);
  CHECK(second.rates[1].of.bytes == 20);
  CHECK(second.rates[1].rate == 10'000);
  CHECK(times.rate(blocks) == 20'000u);
}

TEST_CASE("a batch that waited for the executors is measured from the end of the one before", "[batch_times]") {
  batch_times times{paced()};
  run(times, 1, 100ms, 50ms);
  run(times, 2, 200ms, 100ms);
  auto third = run(times, 3, 250ms, 100ms); // 50 ms of its 100 it waited
  REQUIRE_FALSE(third.rates.empty());
  CHECK(third.rates[0].rate < 20'000);  // what waited is taken off
  CHECK(third.rates[0].rate >= 15'000); // but it is not as slow as 100 ms would make it
}

TEST_CASE("a batch of the log is measured from the start of its coordinator", "[batch_times]") {
  batch_times times{{}};
  auto record = record_of(4);
  record.records = 9;
  times.recovered(record, at(1'000ms));
  times.announced(record.id, at(1'000ms), 600'000);
  batch_progress batch{record, 0};
  batch.announced({epoch{2}, view_id{1}});
  batch.stage(epoch{2});
  auto ended = times.committed(batch, at(1'010ms));
  REQUIRE(ended);
  CHECK(ended->summary.total_delay_us == 610'000);
  CHECK(ended->summary.inputs[0].records == 9);
}
