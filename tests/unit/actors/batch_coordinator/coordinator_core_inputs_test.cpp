#include <catch2/catch.hpp>

#include "tests/unit/actors/batch_coordinator/core_world.hpp"

using namespace weir;
using namespace weir::actors;
using namespace weir::actors::core_test;

namespace {

plan::source_partition file(const std::string& name, std::uint64_t end) { return {name, end, 1, false, 0, 1}; }
plan::source_partition growing(const std::string& name, std::uint64_t end) { return {name, end, 1, true, 0, 1}; }

/// One input of files, and one that is received.
struct files_world : world {
  files_world() {
    facts.inputs = {{"file:in", 0, false, true, "/in"}, {"weir://second", 0, false, false, {}}};
    claim();
    forget();
  }
};

using names = std::vector<std::pair<input_id, std::string>>;

} // namespace

TEST_CASE("a receiver gets its epoch when the log has it, once", "[coordinator_core]") {
  world w;
  w.claim();
  w.forget();
  w.tell(open_input{first, 12, {}});
  CHECK(w.order() == "o");
  CHECK(w.asked<open_epoch>() == std::vector<address>{{role::checkpoint_writer, 0}});
  w.tell(epoch_opened{first, epoch{2}, 11}); // of a lost predecessor
  CHECK(w.order() == "oo");
  CHECK(w.said<open_epoch>().at(1).after == epoch{2}); // behind that one
  w.tell(epoch_opened{first, epoch{3}, 12});
  CHECK(w.order() == "ooI");
  CHECK(w.asked<input_opened>() == std::vector<address>{{role::receiver, 0}});
  CHECK(w.said<input_opened>().at(0).input == first);
  CHECK(w.said<input_opened>().at(0).epoch == epoch{3});
  CHECK(w.said<input_opened>().at(0).incarnation == 12);
  w.tell(epoch_opened{first, epoch{3}, 12});
  CHECK(w.order() == "ooI");
  w.forget();
  w.retry();
  CHECK(w.order() == "yF");
}

TEST_CASE("an epoch that was not opened is asked for again, the newest incarnation's only", "[coordinator_core]") {
  world w;
  w.claim();
  w.tell(open_input{first, 12, {}}).tell(open_input{first, 13, {}}).forget();
  w.retry();
  CHECK(w.order() == "yoF");
  CHECK(w.said<open_epoch>().at(0).incarnation == 13);
}

TEST_CASE("blocks of which one is missing are asked for, and not sealed", "[coordinator_core]") {
  world w;
  w.claim();
  w.forget();
  w.tell(blocks(2, 3)).pass(1s);
  CHECK(w.order() == "b");
  CHECK(w.asked<report_blocks_behind>() == std::vector<address>{{role::block_store, 0}});
  CHECK(w.records.empty());
}

TEST_CASE("behind a gap only what is missing is asked for", "[coordinator_core]") {
  world w;
  w.claim();
  w.tell(blocks(1, 4)).forget();
  w.tell(blocks(7, 8));
  REQUIRE(w.said<report_blocks_behind>().size() == 1);
  auto wanted = w.said<report_blocks_behind>()[0];
  CHECK(wanted.coordinator == own_epoch);
  CHECK(wanted.input == first);
  CHECK(wanted.epoch == epoch{1});
  CHECK(wanted.after == block_sequence{4});
  w.tell(blocks(5, 8)).pass(200ms);
  REQUIRE(w.records.size() == 1);
  CHECK(w.records[0].splits == std::vector<log::split>{split_of(1, 8, 800)});
}

TEST_CASE("void blocks are not sealed, as the log would refuse the batch and the coordinator start anew",
          "[coordinator_core]") {
  world w;
  w.claim();
  w.tell(blocks(1, 4)).forget();
  w.tell(blocks_void{first, epoch{1}, block_sequence{2}});
  SECTION("they waited") {}
  SECTION("their report comes late, or twice") { w.tell(blocks(1, 4)).tell(blocks(3, 6)); }
  w.pass(200ms);
  REQUIRE(w.records.size() == 1);
  CHECK(w.records[0].splits == std::vector<log::split>{split_of(1, 2, 200)});
  w.conclude(w.newest());
  SECTION("one is in the log all the same, written for a block store that was lost") {
    auto report = blocks(3, 4);
    report.durable = block_sequence{3};
    w.tell(report).pass(200ms);
    REQUIRE(w.records.size() == 2);
    CHECK(w.records[1].splits == std::vector<log::split>{split_of(3, 3)});
  }
}

TEST_CASE("an application that drains does not wait for blocks that have become void", "[coordinator_core]") {
  world w;
  w.keeps_nothing = false;
  w.claim();
  w.tell(drain{}).tell(input_drained{first, epoch{2}, {}});
  blocks_reported kept{own_epoch, w.said<report_blocks>().back().question, {{first, epoch{1}, block_sequence{3}}}};
  SECTION("of which it was told before") {
    w.tell(kept);
    CHECK(w.wanted<say_finished>().empty());
    w.tell(blocks_void{first, epoch{1}, {}});
  }
  SECTION("of which it is told late") { w.tell(blocks_void{first, epoch{1}, {}}).tell(kept); }
  CHECK(w.wanted<say_finished>().size() == 1);
}

TEST_CASE("each message goes to the node that has the input or the output", "[coordinator_core]") {
  world w;
  w.facts.owners = {{{node_id{3}, 1}, {node_id{8}, 1}}};
  w.facts.node = node_id{8};
  w.facts.inputs.push_back({"weir://second", 0, false, false, {}});
  w.claim();
  CHECK(w.asked<claim_coordination>() == std::vector<address>{{role::checkpoint_writer, 0, node_id{8}}});
  CHECK(w.asked<report_blocks>() ==
        std::vector<address>{{role::block_store, 0, node_id{3}}, {role::block_store, 0, node_id{8}}});
  w.forget();
  w.tell(open_input{first, 12, {}}).tell(open_input{second, 13, {}});
  CHECK(w.asked<open_epoch>() ==
        std::vector<address>{{role::checkpoint_writer, 0, node_id{3}}, {role::checkpoint_writer, 0, node_id{8}}});
  w.tell(blocks_ready{second, epoch{1}, {block(1, 100, second)}}).tell(blocks(1, 1)).pass(200ms);
  CHECK(w.asked<seal_batch>() == std::vector<address>{{role::checkpoint_writer, 0, node_id{8}}});
  auto batch = w.newest();
  w.compute(batch).commit(batch);
  CHECK(w.asked<release_blocks>() ==
        std::vector<address>{{role::block_store, 0, node_id{3}}, {role::block_store, 0, node_id{8}}});
  CHECK(w.asked<publish_batch>() ==
        std::vector<address>{{role::sink, files.value, node_id{3}}, {role::sink, shown.value, node_id{8}}});
}

TEST_CASE("an output is told of its own parts", "[coordinator_core]") {
  world w;
  w.claim();
  auto batch = w.seal();
  w.compute(batch).commit(batch);
  REQUIRE(w.said<publish_batch>().size() == 2);
  CHECK(w.said<publish_batch>()[0].record.parts == std::vector<log::staged_part>{part("files", 0), part("files", 1)});
  CHECK(w.said<publish_batch>()[1].record.parts == std::vector<log::staged_part>{part("shown", 0), part("shown", 1)});
}

TEST_CASE("the blocks of all nodes are known once each has said all parts of its answer", "[coordinator_core]") {
  world w;
  w.keeps_nothing = false;
  w.facts.owners = {{{node_id{3}, 1}, {node_id{8}, 1}}};
  w.claim();
  w.tell(drain{}).tell(input_drained{first, epoch{2}, {}});
  auto question = w.said<report_blocks>().back().question;
  w.tell(blocks_reported{own_epoch, question, {}, node_id{3}, 1});
  w.tell(blocks_reported{own_epoch, question, {}, node_id{8}, 1, {1, 2}});
  w.tell(blocks_reported{own_epoch, question, {}, node_id{8}, 2, {0, 2}}); // of another answer
  CHECK(w.wanted<say_finished>().empty());
  w.forget();
  w.retry();
  CHECK(w.asked<report_blocks>() == std::vector<address>{{role::block_store, 0, node_id{8}}});
  w.tell(blocks_reported{own_epoch, question, {}, node_id{8}, 1, {0, 2}});
  CHECK(w.wanted<say_finished>().size() == 1);
}

TEST_CASE("a batch with very many files is announced, sealed and amended in messages of bounded length",
          "[coordinator_core]") {
  files_world w;
  std::vector<plan::source_partition> found;
  for (int i = 0; i < 5000; ++i)
    found.push_back(file("a-file-with-a-rather-long-name-" + std::to_string(i), 100));
  for (std::size_t i = 0; i < found.size(); i += 500)
    w.tell(offsets_found{
      first,
      {found.begin() + static_cast<std::ptrdiff_t>(i), found.begin() + static_cast<std::ptrdiff_t>(i + 500)},
      {}});
  w.answer_positions({}).answer_positions({}).pass(200ms);
  auto seals = w.said<seal_batch>();
  REQUIRE(seals.size() > 1);
  std::size_t ranges = 0;
  for (auto& seal : seals) {
    CHECK(length_of(seal).fits());
    for (auto& split : seal.record.splits)
      ranges += split.ranges.size();
  }
  CHECK(ranges == 5000);
  CHECK(w.said<run_batch>().size() == seals.size());
}

TEST_CASE("what the log knows of a partition is looked up before it is sealed, all that waits at once",
          "[coordinator_core]") {
  files_world w;
  w.tell(offsets_found{first, {file("a", 100), file("b", 100)}, {}});
  CHECK(w.order() == "p");
  CHECK(w.wanted<read_positions>().at(0).partitions == names{{first, "a"}, {first, "b"}});
  w.tell(offsets_found{first, {file("c", 100)}, {}}).tell(offsets_found{first, {file("d", 100), file("a", 100)}, {}});
  w.pass(1s);
  CHECK(w.order() == "p"); // one after the other
  CHECK(w.records.empty());
  w.forget();
  w.answer_positions({{{first, "a"}, {100, 1, 100}}}); // it was read before; the log knows no "b"
  CHECK(w.order() == "pt");
  CHECK(w.wanted<read_positions>().at(0).partitions == names{{first, "a"}, {first, "c"}, {first, "d"}});
  w.answer_positions({{{first, "a"}, {100, 1, 100}}, {{first, "c"}, {100, 1, 60}}});
  w.pass(200ms);
  REQUIRE(w.records.size() == 1);
  CHECK(w.records[0].splits.at(0).ranges == std::vector<offset_range>{{first, "b", 100, 1, 0, 100},
                                                                      {first, "c", 100, 1, 60, 100},
                                                                      {first, "d", 100, 1, 0, 100}});
  w.forget();
  w.tell(offsets_found{first, {file("b", 100), file("d", 100)}, {}});
  CHECK(w.order().empty()); // they are known as long as their batch is not committed
}

TEST_CASE("what was said of partitions that are committed meanwhile is looked up again", "[coordinator_core]") {
  files_world w;
  w.tell(offsets_found{first, {file("a", 100)}, {}}).answer_positions({}).pass(200ms);
  auto batch = w.newest();
  w.forget();
  w.tell(offsets_found{first, {file("b", 100), file("a", 100)}, {}});
  CHECK(w.wanted<read_positions>().at(0).partitions == names{{first, "b"}});
  w.end_task(batch, 0, 0).end_task(batch, 1, 0).end_task(batch, 1, 1).commit(batch).forget();
  w.answer_positions({});
  CHECK(w.wanted<read_positions>().at(0).partitions == names{{first, "a"}, {first, "b"}});
  w.answer_positions({{{first, "a"}, {100, 1, 100}}}).pass(200ms);
  REQUIRE(w.records.size() == 2);
  CHECK(w.records[1].splits.at(0).ranges == std::vector<offset_range>{{first, "b", 100, 1, 0, 100}});
}

TEST_CASE("news of offsets do not count before the log is known, nor while the application drains",
          "[coordinator_core]") {
  world w;
  w.begin().forget();
  w.tell(offsets_found{first, {file("a", 100)}, {}});
  CHECK(w.order().empty());
  w.claim();
  SECTION("they come later") {
    w.tell(drain{}).forget();
    w.tell(offsets_found{first, {file("a", 100)}, {}});
    CHECK(w.order().empty());
  }
  SECTION("they are being looked up") {
    w.tell(offsets_found{first, {file("a", 100)}, {}}).tell(drain{}).forget();
    w.answer_positions({});
    w.pass(1s);
    CHECK(w.order().empty());
  }
  SECTION("they wait to be sealed") {
    w.tell(offsets_found{first, {file("a", 100)}, {}}).answer_positions({}).tell(drain{});
    w.pass(1s);
    CHECK(w.records.empty());
    w.tell(input_drained{first, {}, {}});
    CHECK(w.wanted<say_finished>().size() == 1);
  }
}

TEST_CASE("a source that has lost what was sealed stops the application, and is named", "[coordinator_core]") {
  files_world w;
  w.tell(offsets_found{first, {growing("log", 20), file("b", 100)}, {}});
  w.tell(offsets_found{first, {file("c", 100)}, {}});
  w.answer_positions({{{first, "log"}, {40, 1, 30}}}).pass(1s);
  REQUIRE(w.wanted<fail_application>().size() == 1);
  auto why = w.wanted<fail_application>()[0].why;
  CHECK(why.exit_code() == 65);
  CHECK_THAT(why.where, Catch::StartsWith("file:in, ") && Catch::Contains("log"));
  CHECK(w.records.empty());
}

TEST_CASE("a file that changes after it was read is named once, and the application ends with that",
          "[coordinator_core]") {
  files_world w;
  w.tell(offsets_found{first, {}, {"a"}});
  CHECK(w.wanted<read_positions>().at(0).partitions == names{{first, "a"}});
  w.answer_positions({{{first, "a"}, {100, 1, 100}}});
  REQUIRE(w.wanted<spoil_application>().size() == 1);
  CHECK(w.wanted<spoil_application>()[0].why.where == "file a");
  CHECK(w.told->events.at(0).name == std::string{"file_changed"});
  CHECK(w.told->events.at(0).message == w.wanted<spoil_application>()[0].why.message());
  w.tell(offsets_found{first, {file("a", 120)}, {}}).answer_positions({{{first, "a"}, {100, 1, 100}}});
  CHECK(w.wanted<spoil_application>().size() == 1);
  w.tell(offsets_found{first, {file("b", 120)}, {}}).answer_positions({{{first, "b"}, {100, 1, 100}}});
  CHECK(w.wanted<spoil_application>().size() == 2);
}

TEST_CASE("a directory of which all was read before is named once, when the log has said so", "[coordinator_core]") {
  files_world w;
  w.tell(offsets_found{first, {file("a", 100), file("b", 100)}, {}}).tell(input_activity{first, true});
  CHECK(w.told->events.empty()); // the log is being asked
  input_queue::logged_positions read{{{first, "a"}, {100, 1, 100}}, {{first, "b"}, {100, 1, 100}}};
  SECTION("nothing is new") {
    w.answer_positions(read);
    REQUIRE(w.told->events.size() == 1);
    CHECK(w.told->events[0].name == std::string{"nothing_new"});
    CHECK(w.told->events[0].message == "nothing new in /in: 2 files were read before");
    CHECK(w.told->events[0].actor == address{role::receiver, 0});
    w.tell(input_activity{first, false}).tell(input_activity{first, true});
    CHECK(w.told->events.size() == 1);
  }
  SECTION("one is new") {
    read.erase({first, "b"});
    w.answer_positions(read);
    CHECK(w.told->events.empty());
  }
  SECTION("the application drains before it is known") {
    w.tell(drain{}).answer_positions(read);
    CHECK(w.told->events.empty());
  }
}

TEST_CASE("what was found is judged when the input comes to rest later", "[coordinator_core]") {
  files_world w;
  w.tell(offsets_found{first, {file("a", 100)}, {}}).answer_positions({{{first, "a"}, {100, 1, 100}}});
  CHECK(w.told->events.empty());
  w.tell(input_activity{second, true}); // no directory
  CHECK(w.told->events.empty());
  w.tell(input_activity{first, true});
  REQUIRE(w.told->events.size() == 1);
  CHECK(w.told->events[0].message == "nothing new in /in: 1 file was read before");
}

TEST_CASE("that an input rests may be heard before what it has found", "[coordinator_core]") {
  files_world w;
  w.tell(input_activity{first, true});
  w.tell(offsets_found{first, {file("a", 100)}, {}}).answer_positions({{{first, "a"}, {100, 1, 100}}});
  REQUIRE(w.told->events.size() == 1);
  CHECK(w.told->events[0].message == "nothing new in /in: 1 file was read before");
}

TEST_CASE("an input that has not come to rest may still find something new", "[coordinator_core]") {
  files_world w;
  w.tell(input_activity{first, true}).tell(input_activity{first, false});
  w.tell(offsets_found{first, {file("a", 100)}, {}}).answer_positions({{{first, "a"}, {100, 1, 100}}});
  CHECK(w.told->events.empty());
}

TEST_CASE("a partition of another source that changes after it was read is what it was", "[coordinator_core]") {
  world w;
  w.facts.inputs = {{"stream:changes", 1, false, true, {}}};
  w.claim();
  w.tell(offsets_found{first, {file("a", 120)}, {}}).answer_positions({{{first, "a"}, {100, 1, 100}}});
  CHECK(w.wanted<spoil_application>().empty());
  CHECK(w.told->events.empty());
}

TEST_CASE("a file that changes before it was read is read when it is found again", "[coordinator_core]") {
  files_world w;
  w.tell(offsets_found{first, {file("a", 100)}, {}}).answer_positions({});
  w.tell(offsets_found{first, {}, {"a"}}).pass(200ms);
  CHECK(w.records.empty());
  w.tell(offsets_found{first, {file("a", 120)}, {}}).answer_positions({}).pass(200ms);
  REQUIRE(w.records.size() == 1);
  CHECK(w.records[0].splits.at(0).ranges.at(0).to == 120);
}

TEST_CASE("the records of a split count for the input that it is of", "[coordinator_core]") {
  files_world w;
  w.tell(offsets_found{first, {file("a", 100)}, {}}).answer_positions({});
  w.tell(blocks_ready{second, epoch{1}, {block(1, 100, second)}}).pass(200ms);
  auto batch = w.newest();
  REQUIRE(w.record_of(batch).splits.size() == 2);
  w.end_task(batch, 1, 0).end_task(batch, 1, 1).end_task(batch, 0, 0).end_task(batch, 0, 1).commit(batch);
  auto& inputs = w.told->committed.at(0).inputs;
  REQUIRE(inputs.size() == 2);
  CHECK(inputs[0].records == 10); // what the task said that read it
  CHECK(inputs[1].records == 10); // of its block
}
