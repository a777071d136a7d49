#include <catch2/catch.hpp>

#include "tests/unit/actors/batch_coordinator/core_world.hpp"

using namespace weir;
using namespace weir::actors;
using namespace weir::actors::core_test;

using numbers = std::vector<std::uint64_t>;
using requests = std::vector<std::pair<std::uint64_t, std::uint32_t>>;

TEST_CASE("a retry repeats what was not answered, and nothing else", "[coordinator_core]") {
  world w;
  w.claim();
  auto batch = w.seal();
  auto seal = w.said<seal_batch>().at(0);
  auto again = [&] {
    w.forget();
    w.retry();
    return w.order();
  };
  CHECK(again() == "ysRF");
  CHECK(w.said<seal_batch>().at(0).record == seal.record);
  CHECK(w.said<run_batch>().at(0).attempt == w.runs[batch].attempt);
  w.tell(batch_sealed{own_epoch, batch_id{batch}});
  CHECK(again() == "yRF");
  w.compute(batch);
  CHECK(again() == "yCF");
  auto commit = w.said<commit_batch>().at(0);
  CHECK(commit.epoch == own_epoch);
  CHECK(commit.record.parts.size() == 4);
  w.commit(batch);
  CHECK(again() == "yFPP");
  w.publish(batch, files);
  CHECK(again() == "yFP");
  CHECK(w.publishing() == requests{{batch, 1}});
  w.publish(batch, shown);
  CHECK(again() == "yfF");
  w.finish(batch);
  CHECK(again() == "yF");
  CHECK(w.wanted<start_timer>().at(0).after == 2s);
}

TEST_CASE("a retry asks for seal, commit and publication of several batches in their order", "[coordinator_core]") {
  world w;
  w.facts.bounds.max_batches_in_flight = 9;
  w.claim();
  numbers batches{w.seal(), w.seal(), w.seal(), w.seal()};
  w.conclude(batches[0]).compute(batches[1]).compute(batches[2]);
  w.forget();
  w.retry();
  CHECK(w.order() == "ysCsCsRF");
  auto seals = w.said<seal_batch>();
  CHECK(seals.at(0).after == batch_id{0}); // those before are in the log
  CHECK(seals.at(1).after == batch_id{batches[1]});
  CHECK(seals.at(2).after == batch_id{batches[2]});
  CHECK(w.committing() == numbers{batches[1], batches[2]});
}

TEST_CASE("a commit proves the seal, which is not asked for again", "[coordinator_core]") {
  world w;
  w.claim();
  auto batch = w.seal();
  w.compute(batch).commit(batch).forget();
  w.retry();
  CHECK(w.said<seal_batch>().empty());
}

TEST_CASE("a restarted log writer is asked again for what it has not answered, at once", "[coordinator_core]") {
  world w;
  w.claim();
  auto staged = w.seal(), open = w.seal();
  w.compute(staged).tell(open_input{first, 12, {}}).forget();
  w.restart(role::checkpoint_writer);
  CHECK(w.order() == "osCs");
  CHECK(w.said<open_epoch>().at(0).incarnation == 12);
  CHECK(w.said<seal_batch>().at(1).record.id == batch_id{open});
}

TEST_CASE("a restarted block store or receiver is asked for all it has", "[coordinator_core]") {
  world w;
  w.facts.inputs.push_back({"weir://second", 0, false, false, {}});
  w.claim();
  w.forget();
  w.restart(role::block_store);
  CHECK(w.order() == "B");
  CHECK(w.asked<report_blocks>() == std::vector<address>{{role::block_store, 0}});
  w.forget();
  w.restart(role::receiver, 1);
  CHECK(w.order() == "i");
  CHECK(w.asked<report_input>() == std::vector<address>{{role::receiver, 1}});
  CHECK(w.said<report_input>().at(0).coordinator == own_epoch);
  w.tell(drain{}).forget();
  w.restart(role::receiver, 1);
  CHECK(w.order() == "id");
  CHECK(w.asked<drain_input>() == std::vector<address>{{role::receiver, 1}});
  w.forget();
  w.restart(role::supervisor);
  CHECK(w.order().empty());
}

TEST_CASE("a restarted sink is asked again for what it has not published, and no other is", "[coordinator_core]") {
  world w;
  w.claim();
  numbers batches{w.seal(), w.seal()};
  for (auto batch : batches)
    w.compute(batch).commit(batch);
  w.publish(batches[0], files).forget();
  w.restart(role::sink, 0);
  CHECK(w.publishing() == requests{{batches[1], 0}});
  CHECK(w.said<publish_batch>().at(0).oldest == batch_id{batches[1]});
  w.forget();
  w.restart(role::sink, 1);
  CHECK(w.publishing() == requests{{batches[0], 1}, {batches[1], 1}});
}

TEST_CASE("a lost executor raises the view: all that is open runs again, and late results count no more",
          "[coordinator_core]") {
  world w;
  w.claim();
  numbers batches{w.seal(), w.seal(), w.seal()};
  w.compute(batches[0]);
  w.end_task(batches[1], 0, 0);
  auto before = w.runs[batches[1]].attempt;
  w.forget();
  w.restart(role::partition_executor, 1);
  CHECK(w.order() == "!R!R"); // not the one that is on its way to the commit
  auto runs = w.said<run_batch>();
  CHECK(runs.at(0).record == w.record_of(batches[1]));
  CHECK(runs.at(1).record == w.record_of(batches[2]));
  CHECK(runs.at(0).attempt == attempt{own_epoch, before.view.next()});
  CHECK(runs.at(1).attempt == runs.at(0).attempt);
  w.forget();
  w.end_task(batches[1], 0, 0, {}, before)
    .end_task(batches[1], 1, 0, {}, before)
    .end_task(batches[1], 1, 1, {}, before);
  CHECK(w.order().empty());
  w.compute(batches[1]);
  CHECK(w.committing() == numbers{batches[1]});
  CHECK(w.said<commit_batch>().at(0).record.view == before.view.next());
  CHECK(w.said<commit_batch>().at(0).record.records == 10);
  CHECK(w.runs.at(batches[0]).attempt == before); // published as it was staged
}

TEST_CASE("what a batch leaves out is logged before its next attempt, in which all open batches run",
          "[coordinator_core]") {
  world w;
  w.claim();
  auto bad = w.seal(), other = w.seal();
  auto before = w.runs[bad].attempt;
  log::exclusion line{stage_index{0}, task_index{0}, 7, "parse", "no number"};
  w.forget();
  w.tell(task_poisoned{before, batch_id{bad}, false, {line}, "parse fails"});
  w.tell(task_poisoned{before, batch_id{bad}, false, {line}, "parse fails"}); // repeated
  CHECK(w.order() == "a");
  CHECK(w.said<amend_batch>().at(0).epoch == own_epoch);
  CHECK(w.said<amend_batch>().at(0).record.amendment == log::amendment{1, false, {line}});
  CHECK(w.told->warnings == std::vector<std::string>{"parse fails"});
  w.forget();
  w.compute(bad); // what its attempt still ends with counts no more
  CHECK(w.order().empty());
  w.retry();
  CHECK(w.order() == "ysasRF"); // the batch does not run meanwhile
  CHECK(w.said<run_batch>().at(0).record.id == batch_id{other});
  w.forget();
  w.tell(batch_amended{own_epoch, batch_id{bad}, 0});
  CHECK(w.order().empty());
  w.tell(batch_amended{own_epoch, batch_id{bad}, 1});
  CHECK(w.order() == "!R!R");
  CHECK(w.runs[bad].record.amendment.excluded == std::vector{line});
  CHECK(w.runs[bad].attempt.view == before.view.next());
  CHECK(w.runs[other].attempt.view == before.view.next());
  CHECK(w.told->amended.at(0).id == batch_id{bad});
  w.forget();
  w.tell(batch_amended{own_epoch, batch_id{bad}, 1}); // repeated
  CHECK(w.order().empty());
  w.compute(bad);
  CHECK(w.committing() == numbers{bad});
}

TEST_CASE("a batch that is skipped is committed without records once that is logged", "[coordinator_core]") {
  world w;
  w.claim();
  auto bad = w.seal();
  w.end_task(bad, 0, 0);
  w.forget();
  w.tell(task_poisoned{w.runs[bad].attempt, batch_id{bad}, true, {}, "no"});
  CHECK(w.order() == "a");
  w.tell(batch_amended{own_epoch, batch_id{bad}, 1});
  CHECK(w.order() == "a!!C");
  CHECK(w.said<commit_batch>().at(0).record.records == 0);
  CHECK(w.said<commit_batch>().at(0).record.parts.empty());
}

TEST_CASE("what fails on a batch that is on its way to its commit comes too late", "[coordinator_core]") {
  world w;
  w.claim();
  auto batch = w.seal();
  w.compute(batch).forget();
  w.tell(task_poisoned{w.runs[batch].attempt, batch_id{batch}, true, {}, "no"});
  CHECK(w.order().empty());
  CHECK(w.told->warnings.empty());
}

TEST_CASE("a receiver is told its new rate, and again after it was restarted", "[coordinator_core]") {
  world w;
  w.facts.rates.enabled = true;
  w.facts.rates.pid = {.batch_interval = 100ms, .min_rate = 1};
  w.facts.inputs.push_back({"dir", 0, false, true, {}});
  w.facts.bounds.max_batches_in_flight = 9;
  w.claim();
  for (int i = 0; i < 3; ++i) {
    auto batch = w.seal();
    w.pass(150ms); // it takes longer than an interval
    w.compute(batch).commit(batch);
  }
  auto told = w.said<limit_rate>();
  REQUIRE_FALSE(told.empty());
  CHECK(told.back().coordinator == own_epoch);
  CHECK(told.back().records_per_s > 0);
  for (auto& to : w.asked<limit_rate>())
    CHECK(to == address{role::receiver, 0});
  w.forget();
  w.restart(role::receiver, 0).restart(role::receiver, 1);
  REQUIRE(w.said<limit_rate>().size() == 1);
  CHECK(w.said<limit_rate>()[0].records_per_s == told.back().records_per_s);
  CHECK(w.asked<limit_rate>().at(0) == address{role::receiver, 0});
}

TEST_CASE("what a task leaves out is logged once all parts of its report have come", "[coordinator_core]") {
  world w;
  w.claim();
  auto batch = w.seal();
  task_poisoned report{w.runs[batch].attempt, batch_id{batch}, false, {}, "parse fails"};
  for (std::uint64_t i = 0; i < 1200; ++i)
    report.excluded.push_back({stage_index{0}, task_index{0}, i, "parse", std::string(limits::problem_bytes, 'x')});
  auto parts = parts_of(report);
  REQUIRE(parts.size() == 2);
  auto other = report; // of another task, in the same words
  other.task = task_index{1};
  auto other_parts = parts_of(other);
  w.forget();
  w.tell(parts[1]).tell(other_parts[0]).tell(parts[1]);
  CHECK(w.order().empty());
  w.tell(parts[0]);
  auto amendments = w.said<amend_batch>();
  REQUIRE(amendments.size() > 1); // and these are no longer than a message may be
  std::size_t excluded = 0;
  for (auto& each : amendments) {
    CHECK(length_of(each).fits());
    CHECK(each.record.amendment.number == 1);
    excluded += each.record.amendment.excluded.size();
  }
  CHECK(excluded == report.excluded.size());
  w.forget();
  w.tell(parts[0]).tell(parts[1]); // repeated
  CHECK(w.order().empty());
}
