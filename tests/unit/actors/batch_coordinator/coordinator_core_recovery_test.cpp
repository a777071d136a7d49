#include <catch2/catch.hpp>

#include "tests/unit/actors/batch_coordinator/core_world.hpp"

using namespace weir;
using namespace weir::actors;
using namespace weir::actors::core_test;

using numbers = std::vector<std::uint64_t>;
using requests = std::vector<std::pair<std::uint64_t, std::uint32_t>>;

namespace {

log::batch_record sealed_record(std::uint64_t number, std::uint64_t from, std::uint64_t to) {
  log::batch_record record;
  record.id = batch_id{number};
  record.time_ms = static_cast<std::int64_t>(number * 100);
  record.epoch = older_epoch;
  record.splits = {split_of(from, to, 100 * (to - from + 1))};
  record.records = 10 * (to - from + 1);
  record.bytes = 100 * (to - from + 1);
  return record;
}

log::commit_record commit_of(std::uint64_t number, std::vector<log::staged_part> parts) {
  log::commit_record record;
  record.id = batch_id{number};
  record.time_ms = static_cast<std::int64_t>(number * 100);
  record.epoch = older_epoch;
  record.view = view_id{9};
  record.parts = std::move(parts);
  record.records = 10;
  return record;
}

/// Batch 1 is committed, 2 and 3 are sealed.
recovered_batches three_batches() {
  recovered_batches log;
  log.last = batch_id{3};
  log.last_time_ms = 300;
  log.unpublished = {commit_of(1, {part("files", 0), part("shown", 0)})};
  log.open = {sealed_record(2, 3, 4), sealed_record(3, 5, 5)};
  log.sealed = {{first, epoch{1}, block_sequence{5}}};
  return log;
}

} // namespace

TEST_CASE("a coordinator claims its epoch first, and again until the log has answered", "[coordinator_core]") {
  world w;
  w.begin();
  CHECK(w.order() == "cy");
  CHECK(w.said<claim_coordination>().at(0).incarnation == incarnation);
  CHECK(w.wanted<start_timer>().at(0).after == 2s);
  w.forget();
  w.retry();
  CHECK(w.order() == "yc");
  w.forget();
  w.restart(role::checkpoint_writer);
  CHECK(w.order() == "c");
  w.forget();
  w.restart(role::batch_coordinator); // this is what it hears of itself
  CHECK(w.order().empty());
  w.tell(coordination_claimed{incarnation + 1, older_epoch});
  CHECK(w.order() == "c");
  CHECK(w.said<claim_coordination>().at(0).after == older_epoch); // behind that one
  w.forget();
  w.tell(coordination_claimed{incarnation, own_epoch});
  CHECK(w.order() == "L");
  CHECK(w.wanted<read_recovered>().at(0).claimed == own_epoch);
  w.forget();
  w.retry().restart(role::checkpoint_writer); // a second claim would raise the epoch once more
  CHECK(w.order() == "y");
}

TEST_CASE("the newest of several claims counts, and what the log said for an older one does not",
          "[coordinator_core]") {
  world w;
  w.begin();
  w.tell(coordination_claimed{incarnation, own_epoch});
  w.tell(coordination_claimed{incarnation, own_epoch}); // answered twice
  CHECK(w.wanted<read_recovered>().size() == 1);
  w.tell(coordination_claimed{incarnation, epoch{6}});
  w.tell(coordination_claimed{incarnation, own_epoch}); // late
  CHECK(w.wanted<read_recovered>().size() == 2);
  w.forget();
  w.core->recovered(own_epoch, three_batches(), w.now);
  w.tell(batch_tick{});
  CHECK(w.order().empty());
  w.core->recovered(epoch{6}, {}, w.now);
  w.core->recovered(epoch{6}, three_batches(), w.now); // never twice
  w.tell(batch_tick{});
  CHECK(w.said<report_blocks>().at(0).coordinator == epoch{6});
  CHECK(w.said<run_batch>().empty());
}

TEST_CASE("a coordinator that starts anew asks for all that it must know", "[coordinator_core]") {
  world w;
  w.begin();
  w.tell(open_input{first, 12, {}}); // asked for again
  w.forget();
  w.claim();
  CHECK(w.order() == "LFBi");
  CHECK(w.said<report_blocks>().at(0).coordinator == own_epoch);
  CHECK(w.said<report_input>().at(0).coordinator == own_epoch);
  w.tell(open_input{first, 12, {}});
  CHECK(w.said<open_epoch>().at(0).coordinator == own_epoch);
  CHECK(w.said<open_epoch>().at(0).input == first);
  CHECK(w.said<open_epoch>().at(0).incarnation == 12);
  CHECK(w.told->events.empty()); // there is nothing to tell of an empty log
}

TEST_CASE("what was sealed runs again as it was sealed, what was committed is published", "[coordinator_core]") {
  world w;
  w.begin();
  w.tell(coordination_claimed{incarnation, own_epoch});
  w.pass(1500ms);
  w.forget();
  w.core->recovered(own_epoch, three_batches(), w.now);
  w.retry();
  auto runs = w.said<run_batch>();
  REQUIRE(runs.size() == 4); // two of them by the retry
  CHECK(runs[0].record == sealed_record(2, 3, 4));
  CHECK(runs[1].record == sealed_record(3, 5, 5));
  CHECK(runs[0].attempt == attempt{own_epoch, view_id{2}});
  CHECK(w.publishing() == requests{{1, 0}, {1, 1}, {1, 0}, {1, 1}});
  CHECK(w.said<publish_batch>().at(0).epoch == own_epoch);
  CHECK(w.said<publish_batch>().at(0).record == commit_of(1, {part("files", 0)}));
  CHECK(w.said<seal_batch>().empty()); // the log has them
  CHECK(w.core->count_phases().sealed == 2);
  CHECK(w.core->count_phases().committed == 1);
  w.publish(1, files).publish(1, shown).compute(2).compute(3);
  CHECK(w.committing() == numbers{2, 3});
  CHECK(w.said<commit_batch>().at(0).record.epoch == own_epoch);
  CHECK(w.told->done == numbers{1});

  REQUIRE(w.told->events.size() == 1);
  CHECK(w.told->events[0].name == std::string{"recovered"});
  CHECK_THAT(w.told->events[0].message, Catch::Contains("2 batches are computed again, 1 committed"));
  std::map<std::string, std::string> fields{w.told->events[0].more.begin(), w.told->events[0].more.end()};
  CHECK(fields == std::map<std::string, std::string>{
                    {"batches_to_compute", "2"}, {"batches_to_publish", "1"}, {"took_ms", "1500"}});
  REQUIRE(w.told->recovered_open.size() == 2);
  CHECK(w.told->recovered_open[0].batch == batch_id{2});
  CHECK(w.told->recovered_open[0].inputs.at(0).records == 20);
  REQUIRE(w.told->recovered_unpublished.size() == 1);
  CHECK(w.told->recovered_unpublished[0].outputs == std::vector{files, shown});
}

TEST_CASE("numbers and times go on behind those of the log", "[coordinator_core]") {
  world w;
  auto log = three_batches();
  log.last = batch_id{17'000'000'500};
  log.last_time_ms = 1'700'000'050'000; // in the future
  w.claim(log);
  w.tell(blocks(6, 6)).pass(51s);
  REQUIRE(w.records.size() == 1);
  CHECK(w.records[0].id > log.last);
  CHECK(w.records[0].time_ms > log.last_time_ms);
  CHECK(w.records[0].splits == std::vector{split_of(6, 6)});
}

TEST_CASE("batches of the log count for the bound on what is open", "[coordinator_core]") {
  world w;
  w.facts.bounds.max_batches_in_flight = 2;
  w.claim(three_batches());
  w.last_block = 5;
  w.seal();
  CHECK(w.records.empty());
  w.compute(2).commit(2);
  CHECK(w.records.size() == 1);
}

TEST_CASE("blocks that a batch has taken are sealed no second time, and released again if the batch is committed",
          "[coordinator_core]") {
  world w;
  w.claim(three_batches());
  w.forget();
  w.tell(blocks(1, 6)); // a restarted block store knows all that the log has
  CHECK(w.order() == "rt");
  CHECK(w.said<release_blocks>().at(0).coordinator == own_epoch);
  CHECK(w.said<release_blocks>().at(0).ranges ==
        std::vector{log::block_range{first, epoch{1}, block_sequence{1}, block_sequence{2}}});
  w.pass(200ms);
  REQUIRE(w.records.size() == 1);
  CHECK(w.records[0].splits == std::vector{split_of(6, 6)});
  w.forget();
  w.tell(blocks(3, 6)); // open batches take them
  CHECK(w.said<release_blocks>().empty());
}

TEST_CASE("an amended batch of the log runs with its amendment, and that is told again", "[coordinator_core]") {
  world w;
  auto log = three_batches();
  log.open[0].amendment = {2, false, {{stage_index{0}, task_index{0}, 7, "parse", "no number"}}};
  w.claim(log);
  CHECK(w.runs[2].record == log.open[0]);
  CHECK(w.told->amended == std::vector{log.open[0]});
  CHECK(w.said<amend_batch>().empty());
}

TEST_CASE("a batch of the log that is skipped is committed without having run", "[coordinator_core]") {
  world w;
  auto log = three_batches();
  log.open[0].amendment = {1, true, {}};
  w.claim(log);
  CHECK(w.committing() == numbers{2});
  CHECK(w.said<run_batch>().size() == 1);
  CHECK(w.runs.contains(3));
  w.commit(2);
  CHECK(w.told->committed.at(0).records == 0);
}

TEST_CASE("a committed batch of the log that no output has to show is over", "[coordinator_core]") {
  world w;
  auto log = three_batches();
  struct text_only : small_plan {
    const std::vector<plan::output>& outputs() const override {
      static const std::vector<plan::output> one{small_plan{}.outputs().front()};
      return one;
    }
  };
  w.facts.plan = std::make_shared<text_only>();
  log.unpublished = {commit_of(1, {})};
  log.open.clear();
  w.claim(log);
  CHECK(w.publishing().empty());
  CHECK(w.said<finish_batch>().at(0).batch == batch_id{1});
  CHECK(w.told->done == numbers{1});
  w.forget();
  w.finish(1).retry();
  CHECK(w.order() == "yF");
}

TEST_CASE("nothing is told of a log in which nothing is left to do", "[coordinator_core]") {
  world w;
  recovered_batches log;
  log.last = batch_id{17};
  w.claim(log);
  CHECK(w.told->events.empty());
}

TEST_CASE("what a batch leaves out no more is told", "[coordinator_core]") {
  world w;
  auto log = three_batches();
  log.reconsidered = {{batch_id{2}, {stage_index{0}, task_index{0}, 7, "parse", "no number"}}};
  w.claim(log);
  REQUIRE(w.told->events.size() == 2);
  CHECK(w.told->events[1].name == std::string{"exclusion_reconsidered"});
  CHECK(w.told->events[1].batch == batch_id{2});
  CHECK_THAT(w.told->events[1].message, Catch::Contains("operator parse"));
}

TEST_CASE("of a file that a batch has begun the rest is read, found or not", "[coordinator_core]") {
  world w;
  w.facts.inputs[0].replayable = true;
  w.facts.inputs[0].directory = "/in";
  recovered_batches log;
  log.begun = {{first, "a", {100, 5, 40}}};
  w.claim(log).pass(200ms);
  REQUIRE(w.records.size() == 1);
  CHECK(w.records[0].splits.at(0).ranges == std::vector<offset_range>{{first, "a", 100, 5, 40, 100}});
}

TEST_CASE("a coordinator that has been replaced ends", "[coordinator_core]") {
  world w;
  w.begin();
  w.forget();
  w.tell(coordination_lost{epoch{0}, epoch{9}}); // it has none yet
  CHECK(w.order().empty());
  w.claim().forget();
  w.tell(coordination_lost{older_epoch, own_epoch});
  CHECK(w.order().empty());
  w.tell(coordination_lost{own_epoch, epoch{6}});
  CHECK(w.order() == "q");
}

TEST_CASE("a coordinator that was told of blocks which are lost begins anew from the log", "[coordinator_core]") {
  world w;
  w.claim();
  auto batch = w.seal();
  w.forget();
  w.tell(seal_impossible{older_epoch, batch_id{batch}});
  CHECK(w.order().empty());
  w.tell(seal_impossible{own_epoch, batch_id{batch}});
  CHECK(w.order() == "q");
}

TEST_CASE("the successor of one that was draining drains", "[coordinator_core]") {
  world w;
  w.facts.draining = true;
  w.facts.inputs[0].replayable = true;
  auto log = three_batches();
  log.begun = {{first, "a", {100, 5, 40}}};
  w.claim(log);
  CHECK(w.said<drain_input>().at(0).coordinator == own_epoch);
  w.pass(1s);
  CHECK(w.records.empty()); // what is left of the file is for another time
  w.tell(input_drained{first, {}, {}});
  w.publish(1, files).publish(1, shown).finish(1).conclude(2);
  CHECK(w.wanted<say_finished>().empty());
  w.conclude(3);
  CHECK(w.wanted<say_finished>().size() == 1);
}

TEST_CASE("a coordinator without inputs that drains is finished as soon as it knows the log", "[coordinator_core]") {
  world w;
  w.facts.inputs.clear();
  w.facts.draining = true;
  w.claim();
  CHECK(w.wanted<say_finished>().size() == 1);
}
