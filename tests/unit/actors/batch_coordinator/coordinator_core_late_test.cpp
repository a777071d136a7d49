#include <catch2/catch.hpp>

#include "tests/unit/actors/batch_coordinator/core_world.hpp"

using namespace weir;
using namespace weir::actors;
using namespace weir::actors::core_test;

namespace {

plan::source_partition file(const std::string& name) { return {name, 100, 1, false, 0, 1}; }

/// What a receiver says that has got this report.
offsets_found found(const std::string& name, std::uint64_t number, std::uint64_t incarnation = 12,
                    std::uint64_t report = 1) {
  return {first, {file(name)}, {}, own_epoch, incarnation, report, number};
}
input_activity activity(bool rests, std::uint64_t number, std::uint64_t offsets = 0, std::uint64_t incarnation = 12,
                        std::uint64_t report = 1) {
  return {first, rests, own_epoch, incarnation, report, number, offsets, {}, {}};
}

/// Of one input that can be read again, whose receiver has the incarnation 12.
struct reported_world : world {
  reported_world() {
    facts.inputs = {{"file:in", 0, false, true, "in"}};
    facts.stop_when_idle = 400ms;
    claim().forget();
    tell(input_activity{first, false, epoch{3}, 12, 9, 4, 0, {}, {}}); // to an older coordinator
    CHECK(said<report_input>().at(0).incarnation == 12);
    CHECK(said<report_input>().at(0).report == 1);
    tell(activity(false, 1)).forget();
  }
  bool is_idle() {
    tell(idle_check{}).pass(400ms).tell(idle_check{});
    return !wanted<say_idle>().empty();
  }
};

} // namespace

TEST_CASE("a receiver whose epoch a lost predecessor's late request has ended is told so, though it has no records",
          "[coordinator_core]") {
  world w;
  w.claim();
  auto activity = [&](epoch of) { return input_activity{first, true, own_epoch, 12, 1, of.value, 0, of, {}}; };
  w.tell(open_input{first, 12, {}}).tell(epoch_opened{first, epoch{2}, 12});
  w.tell(input_activity{first, true, epoch{0}, 12, 0, 1, 0, epoch{2}, {}}).forget(); // is asked for its report
  w.tell(activity(epoch{2}));
  CHECK(w.order().empty());
  w.tell(open_input{first, 11, epoch{2}}).tell(epoch_opened{first, epoch{3}, 11}).forget();
  w.tell(input_activity{first, true, own_epoch, 12, 1, 3, 0, epoch{2}, {}});
  CHECK(w.order() == "E");
  CHECK(w.said<epoch_refused>().at(0).input == first);
  CHECK(w.said<epoch_refused>().at(0).epoch == epoch{2});
  w.forget();
  w.tell(input_activity{first, true, own_epoch, 12, 1, 4, 0, {}, {}}); // a successor that has no epoch yet
  CHECK(w.order().empty());
}

TEST_CASE("a request to open that comes late opens nothing, and its receiver hears of the newest epoch",
          "[coordinator_core]") {
  world w;
  recovered_batches log;
  log.sealed = {{first, epoch{3}, {}}, {first, epoch{2}, block_sequence{7}}};
  w.claim(log).forget();
  w.tell(open_input{first, 11, epoch{2}});
  CHECK(w.order() == "i");
  CHECK(w.said<report_input>().at(0).newest == epoch{3});
  w.tell(open_input{first, 12, epoch{3}});
  CHECK(w.order() == "io");
  CHECK(w.said<open_epoch>().at(0).after == epoch{3});
  w.tell(epoch_opened{first, epoch{4}, 12}).forget();
  w.tell(open_input{first, 11, epoch{2}}).tell(open_input{first, 12, epoch{3}});
  CHECK(w.order() == "ii"); // the one that has it asks as it has not heard so yet
  w.tell(open_input{first, 12, epoch{4}});
  CHECK(w.said<open_epoch>().at(0).incarnation == 12); // and gets the same epoch from the log
}

TEST_CASE("an answer of the log that comes late opens nothing", "[coordinator_core]") {
  world w;
  w.claim();
  w.tell(open_input{first, 12, {}}).tell(epoch_opened{first, epoch{1}, 12});
  w.tell(open_input{first, 13, epoch{1}}).forget();
  w.tell(epoch_opened{first, epoch{1}, 12}); // again
  CHECK(w.said<input_opened>().empty());
  CHECK(w.said<open_epoch>().at(0).incarnation == 13);
  CHECK(w.said<open_epoch>().at(0).after == epoch{1});
  w.tell(epoch_opened{first, epoch{2}, 13});
  CHECK(w.said<input_opened>().at(0).epoch == epoch{2});
}

TEST_CASE("news of offsets are taken in their order, once, and answered each time", "[coordinator_core]") {
  reported_world w;
  auto taken = [&] {
    auto answers = w.said<offsets_taken>();
    return answers.empty() ? 99 : answers.back().through;
  };
  w.tell(found("b", 2)); // the first has been lost
  CHECK(taken() == 0);
  CHECK(w.wanted<read_positions>().empty());
  w.tell(found("a", 1));
  CHECK(taken() == 1);
  w.tell(found("a", 1)); // repeated, as the answer was lost
  CHECK(taken() == 1);
  w.tell(found("b", 2));
  CHECK(taken() == 2);
  w.answer_positions({}).answer_positions({}).pass(200ms);
  REQUIRE(w.records.size() == 1);
  CHECK(w.records[0].splits.at(0).ranges.size() == 2);
  w.forget();
  w.tell(found("c", 3, 11)).tell(found("c", 3, 12, 0)); // of a lost receiver, of an older report
  CHECK(w.order().empty());
}

TEST_CASE("a receiver of another incarnation is asked for a report of its own", "[coordinator_core]") {
  reported_world w;
  w.tell(found("a", 1)).answer_positions({}).forget();
  w.restart(role::receiver);
  CHECK(w.said<report_input>().at(0).incarnation == 12); // nobody has said more
  w.forget();
  w.tell(input_activity{first, false, epoch{0}, 13, 0, 1, 0, {}, {}});
  w.tell(activity(false, 1, 0, 13, 0));
  REQUIRE(w.said<report_input>().size() == 2);
  CHECK(w.said<report_input>()[0].incarnation == 13);
  CHECK(w.said<report_input>()[0].report == 2);
  CHECK(w.said<report_input>()[1].report == 2); // the same once more
  w.tell(found("b", 2));                        // of the lost one
  CHECK(w.said<offsets_taken>().empty());
  w.tell(found("a", 1, 13, 2));
  CHECK(w.said<offsets_taken>().at(0).through == 1);
}

TEST_CASE("an input rests only once all is heard that it has said before, and by its newest word",
          "[coordinator_core]") {
  reported_world w;
  SECTION("its news") {
    w.tell(activity(true, 2, 1)); // the news itself is lost
    CHECK_FALSE(w.is_idle());
    w.tell(found("a", 1)).answer_positions({{{first, "a"}, {100, 1, 100}}}); // it was read before
    w.tell(activity(true, 3, 1));
    CHECK(w.is_idle());
  }
  SECTION("its blocks") {
    auto word = activity(true, 2);
    word.epoch = epoch{1};
    word.through = block_sequence{1};
    w.tell(word);
    CHECK_FALSE(w.is_idle());
  }
  SECTION("a word that comes late") {
    w.tell(activity(false, 3)).tell(activity(true, 2));
    CHECK_FALSE(w.is_idle());
    w.tell(activity(true, 4));
    CHECK(w.is_idle());
  }
}

TEST_CASE("an application has drained only once the block store says that it keeps nothing else",
          "[coordinator_core]") {
  world w;
  w.keeps_nothing = false;
  w.claim();
  w.tell(blocks_reported{own_epoch, 1, {}}).forget();
  w.tell(drain{}).tell(input_drained{first, epoch{2}, {}});
  REQUIRE(w.said<report_blocks>().size() == 1);
  CHECK(w.said<report_blocks>()[0].question == 2);
  CHECK(w.wanted<say_finished>().empty());
  w.tell(blocks_reported{own_epoch, 1, {}}).tell(blocks_reported{older_epoch, 2, {}}); // late
  CHECK(w.wanted<say_finished>().empty());
  w.forget();
  w.retry();
  CHECK(w.said<report_blocks>().at(0).question == 2);
  w.tell(blocks_reported{
    own_epoch, 2, {{first, epoch{1}, block_sequence{1}}}}); // of a lost receiver, and their report is lost
  CHECK(w.wanted<say_finished>().empty());
  w.tell(blocks(1, 1));
  REQUIRE(w.records.size() == 1);
  w.conclude(w.newest());
  CHECK(w.wanted<say_finished>().size() == 1);
}

TEST_CASE("a task that cannot be run ends the application only if its attempt counts", "[coordinator_core]") {
  world w;
  w.claim();
  auto batch = w.seal();
  auto old = w.runs[batch].attempt;
  w.restart(role::partition_executor).forget();
  w.tell(task_failed{old, batch_id{batch}, static_cast<std::uint32_t>(error_code::corrupt), "gone"});
  w.tell(task_failed{w.runs[batch].attempt, batch_id{batch + 1}, 1, "gone"});
  CHECK(w.wanted<fail_application>().empty());
  w.tell(task_failed{w.runs[batch].attempt, batch_id{batch}, static_cast<std::uint32_t>(error_code::corrupt), "gone"});
  REQUIRE(w.wanted<fail_application>().size() == 1);
  CHECK(w.wanted<fail_application>()[0].why.code == error_code::corrupt);
  CHECK(w.wanted<fail_application>()[0].why.what == "gone");
}

TEST_CASE("a sink that has begun anew is asked with its own incarnation, for all that is unpublished",
          "[coordinator_core]") {
  world w;
  w.claim();
  auto batch = w.seal();
  w.compute(batch).commit(batch);
  CHECK(w.said<publish_batch>().at(0).incarnation == 0);
  w.forget();
  w.tell(ready_to_publish{files, 7});
  CHECK(w.publishing() == std::vector<std::pair<std::uint64_t, std::uint32_t>>{{batch, files.value}});
  CHECK(w.said<publish_batch>().at(0).incarnation == 7);
  w.forget();
  w.tell(ready_to_publish{files, 7});
  CHECK(w.publishing().empty());
}

TEST_CASE("executors hear again and again of the newest batch that is committed", "[coordinator_core]") {
  world w;
  w.claim();
  CHECK(w.said<forget_batch>().at(0).batch == batch_id{}); // its epoch alone frees what an older coordinator announced
  w.forget();
  auto batch = w.seal();
  w.compute(batch).commit(batch).forget();
  w.retry();
  REQUIRE(w.said<forget_batch>().size() == 1);
  CHECK(w.said<forget_batch>()[0].batch == batch_id{batch});
  CHECK(w.said<forget_batch>()[0].epoch == own_epoch);
}
