#include <catch2/catch.hpp>

#include "tests/unit/actors/batch_coordinator/core_world.hpp"

using namespace weir;
using namespace weir::actors;
using namespace weir::actors::core_test;

namespace {

plan::source_partition file(const std::string& name, std::uint64_t end) { return {name, end, 1, false, 0, 1}; }

/// One input of files, with a greatest rate: 105 records a batch of 100 ms, of 72 bytes each as long as nothing is known.
struct counting_world : world {
  explicit counting_world(std::uint64_t rate = 1000) {
    facts.inputs = {{"file:in", 0, false, true, "/in"}};
    facts.rates.max_rate = rate;
    claim();
  }
  /// So many bytes of a file are found, and the batch is due.
  void find(std::uint64_t bytes) {
    tell(offsets_found{first, {file("a", bytes)}, {}}).answer_positions({});
    forget();
    pass(100ms);
  }
  count_offsets asked_last() const {
    auto all = said<count_offsets>();
    REQUIRE_FALSE(all.empty());
    return all.back();
  }
  /// The first range holds so many records up to there.
  counting_world& count(std::uint64_t question, std::uint64_t cut_to, std::uint64_t counted) {
    tell(offsets_counted{own_epoch, first, question, 0, cut_to, counted, false});
    return *this;
  }
  /// All that was asked about holds no more than these.
  counting_world& count_all(const count_offsets& question, std::uint64_t counted) {
    tell(offsets_counted{own_epoch, first, question.question, question.ranges.size(), 0, counted, false});
    return *this;
  }
};

using ranges = std::vector<offset_range>;

} // namespace

TEST_CASE("where a greatest rate is promised records are counted before they are sealed", "[coordinator_core]") {
  counting_world w;
  w.find(1'000'000);
  CHECK(w.order() == "n");
  CHECK(w.asked<count_offsets>() == std::vector<address>{{role::receiver, 0}});
  auto question = w.asked_last();
  CHECK(question.coordinator == own_epoch);
  CHECK(question.most_records == 105);
  CHECK(question.ranges == ranges{{first, "a", 1'000'000, 1, 0, 105 * 72}});
  w.pass(1s);
  CHECK(w.order() == "n"); // one question at a time, and nothing is sealed
  w.forget();
  w.count(question.question, 1000, 105);
  REQUIRE(w.records.size() == 1);
  CHECK(w.records[0].splits.at(0).ranges == ranges{{first, "a", 1'000'000, 1, 0, 1000}});
  w.count(question.question, 1000, 105); // again
  CHECK(w.records.size() == 1);
  CHECK(w.said<count_offsets>().empty());
  w.pass(200ms);
  CHECK(w.asked_last().question > question.question);
  CHECK(w.asked_last().ranges.at(0).from == 1000);
  CHECK(w.asked_last().most_records <= 105);
  CHECK(w.records.size() == 1);
}

TEST_CASE("what was counted is charged, and no more is counted until the rate allows a record", "[coordinator_core]") {
  counting_world w{2}; // records a second
  w.find(1'000'000);
  CHECK(w.asked_last().most_records == 1);
  w.count(w.asked_last().question, 50, 1).forget();
  REQUIRE(w.records.size() == 1);
  w.pass(300ms);
  CHECK(w.said<count_offsets>().empty());
  w.pass(300ms);
  CHECK(w.asked_last().most_records == 1);
  CHECK(w.records.size() == 1);
}

TEST_CASE("if all that was asked about holds far fewer records than may be, more is asked about",
          "[coordinator_core]") {
  counting_world w;
  w.find(1'000'000);
  auto narrow = w.asked_last();
  w.count_all(narrow, 10);
  CHECK(w.order() == "nn");
  auto wide = w.asked_last();
  CHECK(wide.question > narrow.question);
  CHECK(wide.ranges == ranges{{first, "a", 1'000'000, 1, 0, 4 * 105 * 72}});
  CHECK(wide.most_records == 105);
  w.count_all(narrow, 10); // late
  CHECK(w.records.empty());
  w.count(wide.question, 20'000, 100);
  REQUIRE(w.records.size() == 1);
  CHECK(w.records[0].bytes == 20'000);
}

TEST_CASE("if there is no more than was counted it is sealed at once", "[coordinator_core]") {
  counting_world w;
  w.find(500);
  w.count_all(w.asked_last(), 10);
  CHECK(w.said<count_offsets>().size() == 1);
  REQUIRE(w.records.size() == 1);
  CHECK(w.records[0].splits.at(0).ranges == ranges{{first, "a", 500, 1, 0, 500}});
}

TEST_CASE("a question is repeated until it is answered", "[coordinator_core]") {
  counting_world w;
  w.find(1'000'000);
  auto question = w.asked_last();
  w.forget();
  SECTION("in time") { w.retry(); }
  SECTION("when the receiver was restarted") { w.restart(role::receiver, 0); }
  REQUIRE(w.said<count_offsets>().size() == 1);
  CHECK(w.asked<count_offsets>() == std::vector<address>{{role::receiver, 0}});
  CHECK(w.asked_last().question == question.question);
  CHECK(w.asked_last().ranges == question.ranges);
  CHECK(w.asked_last().most_records == question.most_records);
  w.count(question.question, 1000, 105).forget();
  w.retry().restart(role::receiver, 0);
  CHECK(w.said<count_offsets>().empty());
}

TEST_CASE("a count of what is not next any more is void, and what is next is counted", "[coordinator_core]") {
  counting_world w;
  w.find(1'000'000);
  auto question = w.asked_last();
  w.tell(offsets_found{first, {file("b", 2000)}, {"a"}}).answer_positions({}); // "a" changed before it was read
  w.count(question.question, 1000, 105);
  CHECK(w.records.empty());
  CHECK(w.asked_last().question > question.question);
  CHECK(w.asked_last().ranges == ranges{{first, "b", 2000, 1, 0, 2000}});
  w.count(w.asked_last().question, 1500, 105);
  REQUIRE(w.records.size() == 1);
  CHECK(w.records[0].splits.at(0).ranges == ranges{{first, "b", 2000, 1, 0, 1500}});
}

TEST_CASE("what cannot be counted is taken by its bytes: the task that reads it says why", "[coordinator_core]") {
  counting_world w;
  w.find(1'000'000);
  w.tell(offsets_counted{own_epoch, first, w.asked_last().question, 0, 0, 0, true});
  REQUIRE(w.records.size() == 1);
  CHECK(w.records[0].bytes > 0);
  CHECK(w.records[0].bytes <= 105); // as if each were one record
}

TEST_CASE("counts for another coordinator, of another input, or that nobody asked for change nothing",
          "[coordinator_core]") {
  counting_world w;
  w.find(1'000'000);
  auto question = w.asked_last().question;
  w.forget();
  w.tell(offsets_counted{older_epoch, first, question, 0, 1000, 105, false});
  w.tell(offsets_counted{own_epoch, second, question, 0, 1000, 105, false});
  w.count(question + 1, 1000, 105);
  CHECK(w.order().empty());
  w.count(question, 1000, 105);
  CHECK(w.records.size() == 1);
}

TEST_CASE("an application that drains counts nothing more", "[coordinator_core]") {
  counting_world w;
  w.find(1'000'000);
  auto question = w.asked_last().question;
  w.tell(drain{}).forget();
  w.count(question, 1000, 105).retry();
  w.restart(role::receiver, 0).pass(1s);
  CHECK(w.said<count_offsets>().empty());
  CHECK(w.records.empty());
  w.tell(input_drained{first, {}, {}});
  CHECK(w.wanted<say_finished>().size() == 1);
}

TEST_CASE("blocks wait for the count of another input, and are sealed with what was counted", "[coordinator_core]") {
  world w;
  w.facts.inputs = {{"weir://first", 0, false, false, {}}, {"file:in", 0, false, true, "/in"}};
  w.facts.rates.max_rate = 1000;
  w.claim();
  w.tell(offsets_found{second, {file("a", 500)}, {}}).answer_positions({}).tell(blocks(1, 1)).pass(100ms);
  auto questions = w.said<count_offsets>();
  REQUIRE(questions.size() == 1);
  CHECK(w.records.empty());
  w.tell(offsets_counted{own_epoch, second, questions[0].question, 1, 0, 10, false});
  REQUIRE(w.records.size() == 1);
  CHECK(w.records[0].splits.size() == 2);
}
