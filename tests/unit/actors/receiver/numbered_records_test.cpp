#include "actors/receiver/numbered_records.hpp"

#include <catch2/catch.hpp>

#include "libstream/data/frames.hpp"

using namespace weir;
using namespace weir::actors;

namespace {

fed_records numbered(std::uint64_t first, std::uint64_t count, std::uint64_t ticket,
                     const std::string& producer = "p") {
  std::string frames;
  for (std::uint64_t i = 0; i < count; ++i)
    data::append_frame(frames, "record " + std::to_string(first + i));
  auto bytes = std::make_shared<data::buffer>(frames.size());
  bytes->append(frames);
  fed_records records;
  records.bytes = bytes;
  records.count = count;
  records.held = 10;
  records.producer = producer;
  records.first = first;
  records.ticket = ticket;
  return records;
}

/// What was decided, as one line each.
std::vector<std::string> said(numbered_records& by) {
  struct {
    std::string operator()(const numbered_records::look_up& what) { return "look up " + what.producer; }
    std::string operator()(const numbered_records::accept& what) {
      auto bytes = what.records.bytes->view();
      return "accept " + std::to_string(what.records.first) + "+" + std::to_string(what.records.count) + " " +
             std::string{*data::take_frame(bytes)};
    }
    std::string operator()(const numbered_records::confirm& what) { return "confirm " + std::to_string(what.ticket); }
    std::string operator()(const numbered_records::refuse& what) { return "refuse " + std::to_string(what.ticket); }
    std::string operator()(const numbered_records::release& what) { return "release " + std::to_string(what.bytes); }
  } show;
  std::vector<std::string> lines;
  for (auto& action : by.take_actions())
    lines.push_back(std::visit(show, action));
  return lines;
}

using lines = std::vector<std::string>;

} // namespace

TEST_CASE("numbered records wait until the log says where their producer stands", "[numbered]") {
  numbered_records numbers;
  numbers.arrived(numbered(5, 2, 1));
  numbers.arrived(numbered(7, 1, 2));
  CHECK(said(numbers) == lines{"look up p"});
  REQUIRE(numbers.unanswered().size() == 1);
  CHECK(numbers.unanswered()[0].producer == "p");
  numbers.found("p", 3, 2); // the answer to another question
  CHECK(said(numbers).empty());
  CHECK(numbers.any_waiting());
  numbers.found("p", 4, 1);
  CHECK(said(numbers) == lines{"accept 5+2 record 5", "accept 7+1 record 7"});
  numbers.found("p", 0, 1);
  CHECK(said(numbers).empty());
}

TEST_CASE("what was stored before is confirmed and not stored again", "[numbered]") {
  numbered_records numbers;
  numbers.begin("p", 10);
  numbers.arrived(numbered(9, 2, 1));
  CHECK(said(numbers) == lines{"confirm 1", "release 10"});
  numbers.arrived(numbered(9, 4, 2));
  CHECK(said(numbers) == lines{"accept 11+2 record 11"});
  numbers.arrived(numbered(12, 1, 3)); // in a block that is not durable yet
  CHECK(said(numbers).empty());
  CHECK(numbers.any_waiting());
  numbers.durable("p", 12);
  CHECK(said(numbers) == lines{"confirm 3", "release 10"});
  CHECK_FALSE(numbers.any_waiting());
}

TEST_CASE("the answer to a question of before a producer was forgotten is none", "[numbered]") {
  numbered_records numbers;
  numbers.found("p", 10, 1);
  numbers.arrived(numbered(21, 1, 1));
  CHECK(said(numbers) == lines{"look up p"});
  numbers.found("p", 10, 0);
  CHECK(said(numbers).empty());
  numbers.found("p", 20, 1);
  CHECK(said(numbers) == lines{"accept 21+1 record 21"});
}

TEST_CASE("a gap, number zero and nothing at all are refused", "[numbered]") {
  numbered_records numbers;
  numbers.begin("p", 10);
  numbers.arrived(numbered(12, 1, 1));
  numbers.arrived(numbered(0, 1, 2));
  numbers.arrived(numbered(11, 0, 3));
  CHECK(said(numbers) == lines{"refuse 1", "release 10", "refuse 2", "release 10", "refuse 3", "release 10"});
  numbers.arrived(numbered(11, 1, 4));
  CHECK(said(numbers) == lines{"accept 11+1 record 11"});
}

TEST_CASE("producers that are idle do not fill the memory", "[numbered]") {
  numbered_records numbers;
  for (int i = 0; i < 10'000; ++i) {
    auto name = "p" + std::to_string(i);
    numbers.arrived(numbered(1, 1, 1, name));
    numbers.found(name, 0, static_cast<std::uint64_t>(i) + 1);
    numbers.durable(name, 1);
  }
  said(numbers);
  numbers.arrived(numbered(2, 1, 1, "p0")); // forgotten: looked up again
  CHECK(said(numbers) == lines{"look up p0"});
}

TEST_CASE("a producer whose records are under way is not forgotten with those that are idle", "[numbered]") {
  numbered_records numbers;
  numbers.arrived(numbered(1, 2, 1, "busy"));
  numbers.found("busy", 0, 1);
  numbers.arrived(numbered(1, 1, 2, "early")); // the log has not answered yet
  for (int i = 0; i < 10'000; ++i) {
    auto name = "p" + std::to_string(i);
    numbers.arrived(numbered(1, 1, 3, name));
    numbers.found(name, 0, static_cast<std::uint64_t>(i) + 3);
    numbers.durable(name, 1);
  }
  said(numbers);
  REQUIRE(numbers.unanswered().size() == 1);
  CHECK(numbers.unanswered()[0].producer == "early");
  numbers.arrived(numbered(1, 2, 4, "busy")); // again, before they are durable
  CHECK(said(numbers).empty());
  numbers.arrived(numbered(3, 1, 5, "busy"));
  CHECK(said(numbers) == lines{"accept 3+1 record 3"});
  numbers.durable("busy", 2);
  CHECK(said(numbers) == lines{"confirm 4", "release 10"});
  numbers.found("early", 0, 2);
  CHECK(said(numbers) == lines{"accept 1+1 record 1"});
}
