
#include <catch2/catch.hpp>

#include "libstream/data/checksum.hpp"
#include "tests/unit/actors/receiver/wired_intake.hpp"

using namespace weir;
using namespace weir::actors;
using weir::testing::wired_intake;

namespace {

data::buffer_handle bytes_of(const std::string& text) {
  auto buffer = std::make_shared<data::buffer>(text.size());
  buffer->append(text);
  return buffer;
}

ingest_data records(std::uint64_t first, std::vector<std::string> lines) {
  std::string text;
  for (auto& line : lines)
    text += line + "\n";
  return {first, lines.size(), bytes_of(text), text.size()};
}

ingest_data void_records(std::uint64_t first, std::uint64_t count) { return {first, count, nullptr, 0}; }

/// The actions of one kind that came since the last look, in order.
template <class Action>
std::vector<Action> of_kind(const std::vector<wired_intake::action>& actions) {
  std::vector<Action> found;
  for (auto& action : actions)
    if (auto match = std::get_if<Action>(&action))
      found.push_back(*match);
  return found;
}

std::vector<std::string> stored_texts(const std::vector<wired_intake::action>& actions) {
  std::vector<std::string> texts;
  for (auto& block : of_kind<block_generator::store>(actions))
    texts.emplace_back(block.bytes->view());
  return texts;
}

wired_intake open_intake(std::size_t block_bytes = 1024) {
  wired_intake made{input_id{7}, block_bytes};
  made.opened(epoch{3});
  return made;
}

/// Connection 1 of producer "alpha", of which the log knows records up to `durable`.
wired_intake with_alpha(std::uint64_t durable = 0, std::size_t block_bytes = 1024) {
  auto made = open_intake(block_bytes);
  made.hello(1, "alpha");
  made.found("alpha", durable, true);
  made.take_actions();
  return made;
}

} // namespace

TEST_CASE("a producer is welcomed with what the log knows, and looked up once", "[intake]") {
  auto made = open_intake();
  made.hello(1, "alpha");
  auto asked = of_kind<intake::look_up>(made.take_actions());
  REQUIRE(asked.size() == 1);
  CHECK(asked[0].producer == "alpha");
  CHECK(made.unanswered_lookups() == std::vector<std::string>{"alpha"});
  made.found("alpha", 41, true);
  auto welcomes = of_kind<intake::welcome>(made.take_actions());
  REQUIRE(welcomes.size() == 1);
  CHECK(welcomes[0].last_durable == 41);
  made.found("alpha", 0, true); // the answer to a repeated look-up changes nothing
  CHECK(made.take_actions().empty());
  CHECK(made.unanswered_lookups().empty());
}

TEST_CASE("a producer that came before the epoch was opened is looked up as soon as it is", "[intake]") {
  wired_intake made{input_id{7}, 1024};
  made.hello(1, "alpha");
  CHECK(made.take_actions().empty());
  made.opened(epoch{1});
  CHECK(of_kind<intake::look_up>(made.take_actions()).size() == 1);
}

TEST_CASE("records are acknowledged only once their block is durable", "[intake]") {
  auto made = with_alpha(10);
  made.data(1, records(11, {"a", "b"}));
  made.cut();
  auto actions = made.take_actions();
  CHECK(of_kind<intake::acknowledge>(actions).empty());
  auto blocks = of_kind<block_generator::store>(actions);
  REQUIRE(blocks.size() == 1);
  CHECK(blocks[0].header.id == block_id{input_id{7}, epoch{3}, block_sequence{1}});
  CHECK(blocks[0].header.producers == std::vector<log::producer_range>{{"alpha", 11, 12}});
  CHECK(blocks[0].header.checksum == data::checksum("a\nb\n"));
  CHECK_FALSE(made.all_durable());
  made.durable(block_sequence{1});
  auto acknowledged = of_kind<intake::acknowledge>(made.take_actions());
  REQUIRE(acknowledged.size() == 1);
  CHECK(acknowledged[0].through == 12);
  CHECK(made.all_durable());
}

TEST_CASE("what is sent again is dropped and answered with what is durable", "[intake]") {
  auto made = with_alpha(2);
  made.data(1, records(3, {"c", "d"}));
  made.take_actions();
  made.data(1, records(1, {"a", "b"})); // durable
  made.data(1, records(2, {"b", "c"})); // one durable, one on its way
  auto actions = made.take_actions();
  for (auto& answer : of_kind<intake::acknowledge>(actions))
    CHECK(answer.through == 2);
  CHECK(of_kind<intake::acknowledge>(actions).size() == 2);
  CHECK(of_kind<intake::release>(actions).size() == 2);
  made.cut();
  CHECK(stored_texts(made.take_actions()) == std::vector<std::string>{"c\nd\n"});
}

TEST_CASE("of records that were partly sent before only the new ones are kept", "[intake]") {
  auto lines = GENERATE(as<std::size_t>{}, 1, 40'000); // the second is large enough for a block without a copy
  auto made = with_alpha(2);
  std::vector<std::string> sent{"old", "new"};
  sent.resize(1 + lines, "new");
  made.data(1, records(2, sent));
  made.cut();
  auto blocks = of_kind<block_generator::store>(made.take_actions());
  REQUIRE(blocks.size() == 1);
  CHECK(blocks[0].header.records == lines);
  CHECK(blocks[0].bytes->view().size() == 4 * lines);
  CHECK(blocks[0].bytes->view().find("old") == std::string_view::npos);
  CHECK(blocks[0].header.producers == std::vector<log::producer_range>{{"alpha", 3, 2 + lines}});
}

TEST_CASE("a gap in the numbers is refused, with the number that was expected", "[intake]") {
  auto first = GENERATE(as<std::uint64_t>{}, 0, 5, UINT64_MAX);
  auto made = with_alpha(3);
  made.data(1, records(first, {"x"}));
  auto actions = made.take_actions();
  auto refused = of_kind<intake::refuse>(actions);
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].reason.find("expected record 4") != std::string::npos);
  auto released = of_kind<intake::release>(actions);
  REQUIRE(released.size() == 1);
  CHECK(released[0].bytes == 2);
  made.cut();
  CHECK(made.take_actions().empty());
}

TEST_CASE("data of a producer whose position is not known yet is refused", "[intake]") {
  auto made = open_intake();
  made.hello(1, "alpha");
  made.take_actions();
  made.data(1, records(1, {"x"}));
  CHECK(of_kind<intake::refuse>(made.take_actions()).size() == 1);
  made.cut();
  CHECK(made.take_actions().empty());
}

TEST_CASE("a producer that connects anew takes over, and the old connection counts no more", "[intake]") {
  auto made = with_alpha();
  made.data(1, records(1, {"a"}));
  made.take_actions();
  made.hello(2, "alpha");
  auto actions = made.take_actions();
  auto refused = of_kind<intake::refuse>(actions);
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].connection == 1);
  CHECK(of_kind<intake::welcome>(actions).empty()); // "a" is under way
  CHECK(stored_texts(actions) == std::vector<std::string>{"a\n"});
  made.data(1, records(2, {"late"}));
  CHECK(of_kind<intake::release>(made.take_actions()).size() == 1);
  made.closed(1);
  made.durable(block_sequence{1});
  actions = made.take_actions();
  CHECK(of_kind<intake::acknowledge>(actions).empty());
  auto welcomes = of_kind<intake::welcome>(actions);
  REQUIRE(welcomes.size() == 1);
  CHECK(welcomes[0].connection == 2);
  CHECK(welcomes[0].last_durable == 1);
  made.data(2, records(2, {"b"}));
  made.cut();
  CHECK(stored_texts(made.take_actions()) == std::vector<std::string>{"b\n"});
  made.durable(block_sequence{2});
  auto acknowledged = of_kind<intake::acknowledge>(made.take_actions());
  REQUIRE(acknowledged.size() == 1);
  CHECK(acknowledged[0].connection == 2);
}

TEST_CASE("a welcome waits for all that the producer's earlier connections handed in, in whatever order they end",
          "[intake]") {
  auto old_one_closes_first = GENERATE(true, false);
  auto made = with_alpha();
  made.data(1, records(1, {"a"}));
  made.cut();
  made.data(1, records(2, {"b"}));
  if (old_one_closes_first)
    made.closed(1);
  made.hello(2, "alpha");
  made.closed(1);
  made.durable(block_sequence{1});
  auto actions = made.take_actions();
  CHECK(of_kind<intake::welcome>(actions).empty());
  CHECK(of_kind<intake::acknowledge>(actions).empty());
  made.hello(3, "alpha"); // and a third one, before the second was welcomed
  made.data(2, records(1, {"x"}));
  made.durable(block_sequence{2});
  auto welcomes = of_kind<intake::welcome>(made.take_actions());
  REQUIRE(welcomes.size() == 1);
  CHECK(welcomes[0].connection == 3);
  CHECK(welcomes[0].last_durable == 2);
}

TEST_CASE("a new name is refused while there are as many as there may be, and known ones are welcome", "[intake]") {
  wired_intake made{input_id{7}, 1024, 3, 1};
  made.opened(epoch{3});
  made.hello(1, "old");
  made.found("old", 5, true);
  made.hello(2, "second");
  made.found("second", 0, false);
  made.hello(3, "third");
  made.found("third", 0, false);
  CHECK(of_kind<intake::welcome>(made.take_actions()).size() == 3);
  made.hello(4, "fourth");
  made.found("fourth", 0, false);
  auto actions = made.take_actions();
  CHECK(of_kind<intake::welcome>(actions).empty());
  auto refused = of_kind<intake::refuse>(actions);
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].connection == 4);
  CHECK_THAT(refused[0].reason, Catch::Contains("fourth") && Catch::Contains("ingest.max_producers"));
  made.closed(4);
  made.closed(3); // it has sent nothing, so its name is free again
  made.hello(5, "fourth");
  made.found("fourth", 0, false);
  CHECK(of_kind<intake::welcome>(made.take_actions()).size() == 1);
  made.data(5, records(1, {"a"})); // and this one's stays
  made.closed(5);
  made.cut();
  made.durable(block_sequence{1});
  made.hello(6, "sixth");
  made.found("sixth", 0, false);
  CHECK(of_kind<intake::refuse>(made.take_actions()).size() == 1);
  made.counted(1); // two have been forgotten
  made.hello(7, "sixth");
  made.found("sixth", 0, false);
  CHECK(of_kind<intake::welcome>(made.take_actions()).size() == 1);
}

TEST_CASE("names that only say goodbye count as well", "[intake]") {
  wired_intake made{input_id{7}, 1024, 1, 0};
  made.opened(epoch{3});
  made.hello(1, "guest");
  made.found("guest", 0, false);
  made.goodbye(1);
  made.closed(1); // before the answer
  made.departed("guest", true);
  made.hello(2, "other");
  made.found("other", 0, false);
  CHECK(of_kind<intake::refuse>(made.take_actions()).size() == 1);
}

TEST_CASE("a block that is nearly empty takes no more memory than it needs", "[intake]") {
  auto made = with_alpha(0, 100'000);
  made.data(1, records(1, {"a"}));
  made.cut();
  auto blocks = of_kind<block_generator::store>(made.take_actions());
  REQUIRE(blocks.size() == 1);
  CHECK(blocks[0].bytes->capacity() == 2);
}

TEST_CASE("a goodbye is recorded and answered only when all records are durable", "[intake]") {
  auto made = with_alpha();
  made.data(1, records(1, {"a"}));
  made.goodbye(1);
  auto actions = made.take_actions();
  CHECK(of_kind<block_generator::store>(actions).size() == 1); // cut at once: nothing more will come
  CHECK(of_kind<intake::record_departure>(actions).empty());
  made.durable(block_sequence{1});
  CHECK(of_kind<intake::record_departure>(made.take_actions()).size() == 1);
  CHECK(made.unanswered_departures() == std::vector<std::string>{"alpha"});
  made.departed("alpha", false);
  auto farewells = of_kind<intake::farewell>(made.take_actions());
  REQUIRE(farewells.size() == 1);
  CHECK(farewells[0].connection == 1);
  made.departed("alpha", false); // the answer to a repeated request
  CHECK(made.take_actions().empty());
}

TEST_CASE("the answer to an older goodbye is no answer to one whose records are on their way", "[intake]") {
  auto made = with_alpha();
  made.goodbye(1);
  CHECK(of_kind<intake::record_departure>(made.take_actions()).size() == 1);
  made.hello(2, "alpha");
  made.data(2, records(1, {"a"}));
  made.goodbye(2);
  made.take_actions();
  made.departed("alpha", false);
  CHECK(of_kind<intake::farewell>(made.take_actions()).empty());
  made.durable(block_sequence{1});
  CHECK(of_kind<intake::record_departure>(made.take_actions()).size() == 1);
  made.departed("alpha", false);
  CHECK(of_kind<intake::farewell>(made.take_actions()).size() == 1);
}

TEST_CASE("void records have numbers and no bytes", "[intake]") {
  auto made = with_alpha();
  made.data(1, records(1, {"a"}));
  made.data(1, void_records(2, 3));
  made.data(1, records(5, {"e"}));
  made.cut();
  made.data(1, void_records(6, 1));
  made.data(1, void_records(5, 2)); // again
  made.cut();
  auto blocks = of_kind<block_generator::store>(made.take_actions());
  REQUIRE(blocks.size() == 2);
  CHECK(blocks[0].header.producers == std::vector<log::producer_range>{{"alpha", 1, 5}});
  CHECK(blocks[0].header.records == 2);
  CHECK(blocks[1].header.producers == std::vector<log::producer_range>{{"alpha", 6, 6}});
  CHECK(blocks[1].header.records == 0);
  CHECK(blocks[1].header.bytes == 0);
  made.durable(block_sequence{2});
  CHECK(of_kind<intake::acknowledge>(made.take_actions()).back().through == 6);
}

TEST_CASE("a block is cut before it overflows, and large data becomes a block of its own in its place", "[intake]") {
  auto made = with_alpha(0, 8);
  made.data(1, records(1, {"abc"}));
  made.data(1, records(2, {"def"}));
  made.data(1, records(3, {"g"}));
  made.data(1, records(4, {std::string(100'000, 'x')}));
  made.data(1, records(5, {"h"}));
  made.cut();
  auto blocks = of_kind<block_generator::store>(made.take_actions());
  REQUIRE(blocks.size() == 4);
  CHECK(blocks[0].bytes->view() == "abc\ndef\n");
  CHECK(blocks[1].bytes->view() == "g\n");
  CHECK(blocks[2].bytes->view().size() == 100'001);
  CHECK(blocks[3].bytes->view() == "h\n");
}

TEST_CASE("a timer cuts the block that it was started for, and no later one", "[intake]") {
  auto made = with_alpha();
  made.data(1, records(1, {"a"}));
  made.data(1, records(2, {"b"}));
  auto timers = of_kind<block_generator::schedule_cut>(made.take_actions());
  REQUIRE(timers.size() == 1);
  CHECK(timers[0].sequence == 1);
  made.cut();
  made.data(1, records(3, {"c"}));
  made.take_actions();
  made.cut_due(1);
  CHECK(made.take_actions().empty());
  made.cut_due(2);
  CHECK(stored_texts(made.take_actions()) == std::vector<std::string>{"c\n"});
}

TEST_CASE("what was handed over and is not durable can be told again", "[intake]") {
  auto made = with_alpha();
  for (std::uint64_t i = 1; i <= 3; ++i) {
    made.data(1, records(i, {"a"}));
    made.cut();
  }
  made.durable(block_sequence{1});
  auto again = made.undurable();
  REQUIRE(again.size() == 2);
  CHECK(again[0].id.sequence == block_sequence{2});
  CHECK(again[1].id.sequence == block_sequence{3});
  made.durable(block_sequence{3});
  CHECK(made.undurable().empty());
}

TEST_CASE("nothing is held twice or released early", "[intake]") {
  auto made = with_alpha();
  made.data(1, records(1, {"abc"}));
  made.cut();
  made.take_actions();
  made.released(block_sequence{1}); // not durable: its bytes may have to be logged again
  CHECK(made.take_actions().empty());
  made.durable(block_sequence{1});
  made.take_actions();
  made.released(block_sequence{1});
  auto released = of_kind<intake::release>(made.take_actions());
  REQUIRE(released.size() == 1);
  CHECK(released[0].bytes == 4);
  made.released(block_sequence{1});
  CHECK(made.take_actions().empty());
}

TEST_CASE("after a stop nothing is taken, and what was taken is handed over", "[intake]") {
  auto made = with_alpha();
  made.data(1, records(1, {"a"}));
  made.take_actions();
  made.stop();
  CHECK(stored_texts(made.take_actions()) == std::vector<std::string>{"a\n"});
  made.data(1, records(2, {"b"}));
  auto actions = made.take_actions();
  CHECK(of_kind<block_generator::store>(actions).empty());
  CHECK(of_kind<intake::release>(actions).size() == 1);
  made.hello(2, "beta");
  made.found("beta", 0, true);
  CHECK(of_kind<intake::welcome>(made.take_actions()).empty());
  made.durable(block_sequence{1});
  CHECK(of_kind<intake::acknowledge>(made.take_actions()).size() == 1);
  CHECK(made.all_durable());
}

// Its departure was recorded, although records of it were turned away: an input counted as finished that was not.
TEST_CASE("a goodbye behind records that came after a stop is not recorded: its producer comes again", "[intake]") {
  auto made = with_alpha();
  made.data(1, records(1, {"a"}));
  made.stop();
  made.durable(block_sequence{1});
  made.take_actions();
  SECTION("all it sent was taken before the stop, and came again") {
    made.data(1, records(1, {"a"}));
    made.goodbye(1);
    CHECK(of_kind<intake::record_departure>(made.take_actions()).size() == 1);
  }
  SECTION("something was turned away") {
    made.data(1, records(1, {"a", "b"}));
    made.goodbye(1);
    CHECK(of_kind<intake::record_departure>(made.take_actions()).empty());
    CHECK(made.unanswered_departures().empty());
    made.hello(2, "alpha"); // a connection of its own knows nothing of that
    made.goodbye(2);
    CHECK(of_kind<intake::record_departure>(made.take_actions()).size() == 1);
  }
}

TEST_CASE("producers that come and go are forgotten: the log knows where they stand", "[intake]") {
  auto made = with_alpha();
  made.data(1, records(1, {"a"}));
  made.closed(1);
  made.cut();
  made.take_actions();
  made.hello(2, "alpha"); // still known, since "a" is on its way
  CHECK(made.take_actions().empty());
  made.closed(2);
  made.durable(block_sequence{1});
  made.take_actions();
  made.hello(3, "alpha");
  CHECK(of_kind<intake::look_up>(made.take_actions()).size() == 1);
}

TEST_CASE("records count once they are durable; those that come again and void ones do not count", "[intake]") {
  auto made = with_alpha();
  made.data(1, records(1, {"a", "b"}));
  made.data(1, records(2, {"b", "c"}));
  made.data(1, void_records(4, 5));
  made.cut();
  CHECK(made.taken_records() == 3);
  CHECK(made.durable_records() == 0);
  made.durable(made.last_cut());
  made.durable(made.last_cut());
  CHECK(made.durable_records() == 3);
  CHECK(made.durable_bytes() == 6);
}

TEST_CASE("where a producer stood before it was forgotten is no answer when it comes back", "[intake]") {
  auto made = with_alpha(10);
  auto first_question = made.lookup_of("alpha");
  made.data(1, records(11, {"a", "b"}));
  made.closed(1);
  made.cut();
  made.durable(block_sequence{1}); // the log knows all of it, so it is forgotten here
  made.hello(2, "alpha");
  made.take_actions();
  made.found_late("alpha", 10, first_question);
  CHECK(of_kind<intake::welcome>(made.take_actions()).empty());
  made.found("alpha", 12, true);
  auto welcomes = of_kind<intake::welcome>(made.take_actions());
  REQUIRE(welcomes.size() == 1);
  CHECK(welcomes[0].last_durable == 12);
}

TEST_CASE("the answer to an earlier goodbye is no farewell to a later one", "[intake]") {
  auto made = with_alpha();
  made.goodbye(1);
  auto first_question = made.departure_of("alpha");
  made.departed("alpha", false);
  made.take_actions();
  made.hello(2, "alpha");
  if (!of_kind<intake::look_up>(made.take_actions()).empty())
    made.found("alpha", 0, true);
  made.take_actions();
  made.goodbye(2);
  CHECK(of_kind<intake::record_departure>(made.take_actions()).size() == 1);
  made.departed_late("alpha", false, first_question);
  CHECK(of_kind<intake::farewell>(made.take_actions()).empty());
  made.departed("alpha", false);
  CHECK(of_kind<intake::farewell>(made.take_actions()).size() == 1);
}
