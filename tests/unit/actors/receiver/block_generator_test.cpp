#include "actors/receiver/block_generator.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "actors/node/message_bounds.hpp"
#include "libstream/base/limits.hpp"
#include "libstream/data/checksum.hpp"
#include "tests/property.hpp"

using namespace weir;
using namespace weir::actors;

namespace {

fed_records some(const std::string& text, std::uint64_t count = 1, std::uint64_t ticket = 0) {
  auto bytes = std::make_shared<data::buffer>(text.size());
  bytes->append(text);
  fed_records records;
  records.bytes = bytes;
  records.count = count;
  records.held = text.size() + 1;
  records.ticket = ticket;
  return records;
}

template <class What>
std::vector<What> all(const std::vector<block_generator::action>& actions) {
  std::vector<What> found;
  for (auto& action : actions)
    if (auto what = std::get_if<What>(&action))
      found.push_back(*what);
  return found;
}

struct fixture {
  block_generator blocks{input_id{3}, 1000};
  fixture() { blocks.opened(epoch{2}); }
};

} // namespace

TEST_CASE_METHOD(fixture, "records wait for the block interval and go together", "[block generator]") {
  blocks.add(some("one\n"));
  blocks.add(some("two\nthree\n", 2));
  auto waiting = blocks.take_actions();
  REQUIRE(waiting.size() == 1);
  auto timer = std::get<block_generator::schedule_cut>(waiting[0]);
  CHECK(timer.sequence == 1);
  CHECK_FALSE(timer.soon);
  CHECK_FALSE(blocks.all_durable());
  blocks.cut_due(timer.sequence);
  auto stored = all<block_generator::store>(blocks.take_actions());
  REQUIRE(stored.size() == 1);
  CHECK(stored[0].bytes->view() == "one\ntwo\nthree\n");
  CHECK(stored[0].header.records == 3);
  CHECK(stored[0].header.id == block_id{input_id{3}, epoch{2}, block_sequence{1}});
  CHECK(stored[0].header.checksum == data::checksum("one\ntwo\nthree\n"));
  blocks.cut_due(timer.sequence);
  CHECK(blocks.take_actions().empty());
}

TEST_CASE_METHOD(fixture, "a full block is cut before its time, and its timer does not cut the next one early",
                 "[block generator]") {
  blocks.add(some(std::string(900, 'a')));
  blocks.add(some(std::string(200, 'b')));
  auto actions = blocks.take_actions();
  CHECK(all<block_generator::store>(actions).size() == 1);
  auto timers = all<block_generator::schedule_cut>(actions);
  REQUIRE(timers.size() == 2);
  blocks.cut_due(timers[0].sequence);
  CHECK(blocks.take_actions().empty());
  blocks.cut_due(timers[1].sequence);
  CHECK(all<block_generator::store>(blocks.take_actions())[0].header.id.sequence == block_sequence{2});
}

TEST_CASE_METHOD(fixture, "large records become a block without a copy, behind what came before", "[block generator]") {
  blocks.add(some("small\n"));
  auto large = some(std::string(100 * limits::kib, 'x'));
  blocks.add(large);
  auto stored = all<block_generator::store>(blocks.take_actions());
  REQUIRE(stored.size() == 2);
  CHECK(stored[0].bytes->view() == "small\n");
  CHECK(stored[1].bytes == large.bytes);
}

TEST_CASE_METHOD(fixture, "who waits for durability is told once, and its block is cut soon", "[block generator]") {
  blocks.add(some("a\n"));
  blocks.add(some("b\n", 1, 7));
  blocks.add(some("c\n", 1, 8));
  auto timers = all<block_generator::schedule_cut>(blocks.take_actions());
  REQUIRE(timers.size() == 2);
  CHECK_FALSE(timers[0].soon);
  CHECK(timers[1].soon);
  blocks.cut_due(timers[1].sequence);
  CHECK(all<block_generator::confirm>(blocks.take_actions()).empty());
  blocks.durable(block_sequence{1});
  auto told = all<block_generator::confirm>(blocks.take_actions());
  REQUIRE(told.size() == 2);
  CHECK(told[0].ticket == 7);
  CHECK(told[1].ticket == 8);
  blocks.durable(block_sequence{1});
  CHECK(blocks.take_actions().empty());
  CHECK(blocks.all_durable());
}

TEST_CASE_METHOD(fixture, "bytes are held until their block is durable and released", "[block generator]") {
  blocks.add(some("ab\n"));
  blocks.cut();
  blocks.add(some("cde\n"));
  blocks.cut();
  blocks.take_actions();
  blocks.released(block_sequence{2});
  CHECK(blocks.take_actions().empty());
  CHECK(blocks.undurable().size() == 2);
  blocks.durable(block_sequence{1});
  blocks.released(block_sequence{2});
  auto freed = all<block_generator::release>(blocks.take_actions());
  REQUIRE(freed.size() == 1);
  CHECK(freed[0].bytes == 4);
  CHECK(blocks.undurable().size() == 1);
}

TEST_CASE_METHOD(fixture, "records count once their block is durable, and once", "[block generator]") {
  blocks.add(some("a\nb\n", 2));
  blocks.cut();
  blocks.add(some("c\n"));
  CHECK(blocks.durable_records() == 0);
  blocks.durable(block_sequence{1});
  blocks.durable(block_sequence{1});
  CHECK(blocks.durable_records() == 2);
  CHECK(blocks.durable_bytes() == 4);
  blocks.cut();
  blocks.durable(block_sequence{2});
  CHECK(blocks.durable_records() == 3);
}

TEST_CASE_METHOD(fixture, "numbers of records that follow each other are one range", "[block generator]") {
  auto numbered = [](std::uint64_t first, const std::string& producer) {
    auto records = some("x\ny\n", 2);
    records.first = first;
    records.producer = producer;
    return records;
  };
  blocks.add(numbered(1, "p"));
  blocks.add(numbered(10, "q"));
  blocks.add(numbered(3, "p"));
  blocks.cut();
  auto stored = all<block_generator::store>(blocks.take_actions());
  CHECK(stored[0].header.producers == std::vector<log::producer_range>{{"p", 1, 4}, {"q", 10, 11}});
  blocks.durable(block_sequence{1});
  auto reached = all<block_generator::reach>(blocks.take_actions());
  REQUIRE(reached.size() == 2);
  CHECK(reached[0].last == 4);
  CHECK(reached[1].producer == "q");
}

TEST_CASE_METHOD(fixture, "numbers with a hole between them are two ranges", "[block generator]") {
  for (std::uint64_t first : {1, 7}) {
    auto records = some("x\n");
    records.first = first;
    records.producer = "p";
    blocks.add(records);
  }
  blocks.cut();
  auto stored = all<block_generator::store>(blocks.take_actions());
  CHECK(stored[0].header.producers == std::vector<log::producer_range>{{"p", 1, 1}, {"p", 7, 7}});
}

TEST_CASE("a block holds no more ranges of producers' numbers than its bound, and is not cut before for their sake",
          "[block generator]") {
  auto many_producers = GENERATE(true, false); // else one whose numbers have holes
  auto void_records = GENERATE(true, false);
  block_generator blocks{input_id{3}, limits::mib};
  blocks.opened(epoch{2});
  std::vector<log::producer_range> fed;
  while (fed.size() < 3 * most_ranges_of_block + 1) {
    auto records = some("x\n");
    if (void_records)
      records.bytes = nullptr;
    records.producer = many_producers ? "p" + std::to_string(fed.size()) : "p";
    records.first = many_producers ? 1 : 2 * fed.size() + 1;
    blocks.add(records);
    fed.push_back({records.producer, records.first, records.first});
  }
  blocks.cut();
  std::vector<std::size_t> ranges;
  std::vector<log::producer_range> stored;
  for (auto& block : all<block_generator::store>(blocks.take_actions())) {
    auto& producers = block.header.producers;
    ranges.push_back(producers.size());
    stored.insert(stored.end(), producers.begin(), producers.end());
    CHECK(block.bytes->size() == (void_records ? 0 : 2 * producers.size()));
  }
  auto most = most_ranges_of_block;
  CHECK(ranges == std::vector<std::size_t>{most, most, most, 1});
  CHECK(stored == fed);
}

namespace {

/// What is to be done, as text; sequences are counted from `behind`.
std::vector<std::string> told(block_generator& blocks, std::uint64_t behind) {
  std::vector<std::string> lines;
  for (auto& action : blocks.take_actions()) {
    if (auto stored = std::get_if<block_generator::store>(&action)) {
      auto line = "store " + std::to_string(stored->header.id.sequence.value - behind) + " of " +
                  std::to_string(stored->header.records) + ": " + std::string{stored->bytes->view()};
      for (auto& range : stored->header.producers)
        line += " " + range.producer + std::to_string(range.first) + "-" + std::to_string(range.last);
      lines.push_back(line);
    } else if (auto cut = std::get_if<block_generator::schedule_cut>(&action)) {
      lines.push_back("cut " + std::to_string(cut->sequence - behind) + (cut->soon ? " soon" : ""));
    } else if (auto ticket = std::get_if<block_generator::confirm>(&action)) {
      lines.push_back("confirm " + std::to_string(ticket->ticket));
    } else if (auto reached = std::get_if<block_generator::reach>(&action)) {
      lines.push_back("reach " + reached->producer + std::to_string(reached->last));
    } else if (auto released = std::get_if<block_generator::release>(&action)) {
      lines.push_back("release " + std::to_string(released->bytes));
    }
  }
  return lines;
}

} // namespace

TEST_CASE("a generator whose blocks were cut and released cuts the next ones as a fresh one does",
          "[block generator]") {
  weir::testing::check_property("used against fresh", [] {
    block_generator used{input_id{3}, 20};
    used.opened(epoch{2});
    for (auto uses = *rc::gen::inRange(1, 4); uses > 0; --uses) {
      block_generator fresh{input_id{3}, 20};
      fresh.opened(epoch{2});
      auto behind = used.last_cut().value;
      auto both = [&](auto&& tell) {
        tell(used, behind);
        tell(fresh, 0);
        RC_ASSERT(told(used, behind) == told(fresh, 0));
      };
      for (auto steps = *rc::gen::inRange(0, 12); steps > 0; --steps) {
        auto records = some(std::string(*rc::gen::inRange<std::size_t>(0, 25), 'x'), *rc::gen::inRange(0, 3),
                            *rc::gen::inRange(0, 3));
        if (*rc::gen::arbitrary<bool>())
          records.producer = "p";
        records.first = *rc::gen::inRange<std::uint64_t>(1, 5);
        auto kind = *rc::gen::inRange(0, 8);
        auto sequence = *rc::gen::inRange<std::uint64_t>(0, 5);
        both([&](block_generator& blocks, std::uint64_t before) {
          if (kind == 0)
            blocks.cut();
          else if (kind == 1)
            blocks.cut_due(before + sequence);
          else if (kind == 2)
            blocks.durable(block_sequence{before + sequence});
          else if (kind == 3)
            blocks.released(block_sequence{before + sequence});
          else
            blocks.add(records);
        });
        RC_ASSERT(used.undurable().size() == fresh.undurable().size());
        RC_ASSERT(used.all_durable() == fresh.all_durable());
      }
      both([](block_generator& blocks, std::uint64_t) {
        blocks.cut();
        blocks.durable(blocks.last_cut());
        blocks.released(blocks.last_cut());
      });
      RC_ASSERT(used.all_durable());
    }
  });
}
