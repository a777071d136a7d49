#include "actors/receiver/live_buffer.hpp"

#include <catch2/catch.hpp>
#include <deque>
#include <random>
#include <set>

#include "libstream/base/limits.hpp"
#include "libstream/data/frames.hpp"

using namespace weir;
using namespace weir::actors;
using namespace std::chrono_literals;
using outcome = live_buffer::outcome;
using pacing = live_buffer::pacing;

namespace {

std::string frame(std::string_view content) {
  std::string bytes;
  data::append_frame(bytes, content);
  return bytes;
}

std::vector<std::string> texts_of(const std::vector<fed_records>& given) {
  std::vector<std::string> texts;
  for (auto& records : given)
    for (auto rest = records.bytes->view(); auto content = data::take_frame(rest);)
      texts.emplace_back(*content);
  return texts;
}

std::uint64_t held_by(const std::vector<fed_records>& given) {
  std::uint64_t held = 0;
  for (auto& records : given)
    held += records.held;
  return held;
}

using texts = std::vector<std::string>;

/// A budget of 100 bytes, of which a record takes its length, one byte for that, and eight.
struct fixture {
  live_buffer buffer{"stream:mine", {100, 20}};
  live_buffer::time_point now{1h};
  std::vector<std::string> told;

  outcome put(std::string_view content) { return buffer.put(frame(content), 1, now); }
  void put_durable(std::string_view content, const plan::record_numbers& numbers = {}) {
    buffer.put_durable(frame(content), 1, numbers, now, [this, text = std::string{content}](const result<void>& how) {
      told.push_back(text + (how ? " durable" : " unknown"));
    });
  }
  std::string refusal(std::string_view content, pacing how = pacing::at_rate) {
    auto why = buffer.refusal(frame(content), now, how);
    return why ? why->message() : "";
  }
};

} // namespace

TEST_CASE_METHOD(fixture, "records wait for their group, and the first one asks that it be given soon",
                 "[live buffer]") {
  CHECK(put("one") == outcome::begins_group);
  CHECK(put("two") == outcome::waits);
  CHECK(buffer.take_given().empty());
  buffer.flush();
  auto given = buffer.take_given();
  REQUIRE(given.size() == 1);
  CHECK(texts_of(given) == texts{"one", "two"});
  CHECK(given[0].count == 2);
  CHECK(given[0].ticket == 0);
  CHECK(given[0].held == 2 * (4 + 8));
  buffer.flush();
  CHECK(buffer.take_given().empty());
  CHECK(put("three") == outcome::begins_group); // of the next one
}

TEST_CASE("a group that is large enough is given at once", "[live buffer]") {
  live_buffer buffer{"mine", {limits::mib, limits::mib}};
  auto bytes = frame(std::string(50 * limits::kib, 'x'));
  CHECK(buffer.put(bytes, 1, {}) == outcome::begins_group);
  CHECK(buffer.put(bytes, 1, {}) == outcome::waits);
  CHECK(buffer.put(bytes, 1, {}) == outcome::given);
  auto given = buffer.take_given();
  REQUIRE(given.size() == 1);
  CHECK(given[0].count == 3);
  CHECK(buffer.put(bytes, 1, {}) == outcome::begins_group);
}

TEST_CASE_METHOD(fixture, "nothing comes in while as much is held as the budget allows, given or not",
                 "[live buffer]") {
  while (put("0123456789") != outcome::no_room)
    continue;
  buffer.flush();
  auto given = buffer.take_given();
  CHECK(given[0].count == 6); // the last of them went beyond it
  CHECK(put("x") == outcome::no_room);
  CHECK(buffer.wait_for_room(now));
  CHECK_THAT(refusal("x"), Catch::Contains("stream:mine") && Catch::Contains("holds all"));
  CHECK_FALSE(refusal("x", pacing::at_once).empty()); // whoever is being stopped does not go beyond it either
  CHECK(buffer.refusal(frame("x"), now, pacing::at_rate)->full);
  buffer.release(14);
  CHECK(buffer.wait_for_room(now)); // 100 are held still
  buffer.release(1);
  CHECK_FALSE(buffer.wait_for_room(now));
  CHECK(refusal("x").empty());
  CHECK(put("x") == outcome::begins_group);
}

TEST_CASE_METHOD(fixture, "what comes in several records at a time is released as it was counted", "[live buffer]") {
  CHECK(buffer.put(frame("a") + frame("b") + frame("c"), 3, now) == outcome::begins_group);
  buffer.flush();
  auto held = held_by(buffer.take_given());
  for (int i = 0; i < 3; ++i)
    REQUIRE(put("0123456789") != outcome::no_room);
  buffer.flush();
  held += held_by(buffer.take_given());
  CHECK(held == 3 * (2 + 8) + 3 * (11 + 8));
  buffer.release(held);
  for (int i = 0; i < 6; ++i)
    CHECK(put("0123456789") != outcome::no_room);
  CHECK(put("0123456789") == outcome::no_room); // not one more than at first
}

TEST_CASE_METHOD(fixture, "each of several records that come together is counted", "[live buffer]") {
  buffer.put(frame("a") + frame("b") + frame("c"), 3, now); // 30 bytes
  for (int i = 0; i < 4; ++i)
    REQUIRE(put("0123456789") != outcome::no_room); // 19 each
  CHECK(put("0123456789") == outcome::no_room);
}

TEST_CASE_METHOD(fixture, "records that somebody waits for go on at once, behind what was put before",
                 "[live buffer]") {
  put("first");
  put_durable("second", {"p", 7});
  put("third");
  auto given = buffer.take_given();
  CHECK(texts_of(given) == texts{"first", "second"});
  REQUIRE(given.size() == 2);
  CHECK(given[1].producer == "p");
  CHECK(given[1].first == 7);
  CHECK(given[1].held == 7 + fed_overhead_bytes);
  CHECK(given[1].ticket != 0);
  CHECK(told.empty());
  buffer.settle(given[1].ticket)({});
  CHECK(told == texts{"second durable"});
}

TEST_CASE_METHOD(fixture, "whoever waits is told once: of its own ticket, or when nothing will be known",
                 "[live buffer]") {
  buffer = live_buffer{"mine", {10'000, 20}};
  for (auto content : {"a", "b", "c"})
    put_durable(content);
  auto given = buffer.take_given();
  buffer.settle(given[1].ticket)({});
  CHECK_FALSE(buffer.settle(given[1].ticket));
  CHECK_FALSE(buffer.settle(0));
  CHECK_FALSE(buffer.settle(99));
  for (auto& then : buffer.abandon())
    then(fail(error_code::failed, "over"));
  CHECK(told == texts{"b durable", "a unknown", "c unknown"});
  CHECK_FALSE(buffer.settle(given[0].ticket));
  CHECK(buffer.abandon().empty());
  put_durable("d"); // a ticket is never given twice
  CHECK(buffer.take_given()[0].ticket > given[2].ticket);
}

TEST_CASE_METHOD(fixture, "a record that is too long is skipped and costs nothing, and people hear of it now and then",
                 "[live buffer]") {
  CHECK(put(std::string(20, 'x')) == outcome::begins_group);
  CHECK_FALSE(buffer.report_of_skipped());
  std::vector<int> reported;
  for (int i = 1; i <= 9; ++i) {
    CHECK(put(std::string(21, 'x')) == outcome::skipped);
    if (auto sentence = buffer.report_of_skipped()) {
      reported.push_back(i);
      CHECK_THAT(*sentence, Catch::StartsWith("skipped " + std::to_string(i) + " "));
    }
  }
  CHECK(reported == std::vector<int>{1, 2, 4, 8});
  buffer.flush();
  CHECK(texts_of(buffer.take_given()) == texts{std::string(20, 'x')});
  CHECK_THAT(refusal(std::string(21, 'x')), Catch::Contains("longer than max_record_bytes"));
  CHECK(refusal(std::string(20, 'x')).empty());
  CHECK(buffer.put("", 1, now) == outcome::skipped); // no whole frame
}

TEST_CASE_METHOD(fixture, "at its rate the next record waits, and whoever is being stopped pays later",
                 "[live buffer][rates]") {
  buffer = live_buffer{"mine", {10'000, 20}};
  buffer.limit(10, now);
  CHECK_FALSE(buffer.wait_for_room(now));
  put("a");
  auto pause = buffer.wait_for_room(now);
  REQUIRE(pause);
  CHECK(*pause > 40ms);
  CHECK(*pause <= 100ms);
  CHECK_THAT(refusal("x"), Catch::Contains("at its rate"));
  CHECK(refusal("x", pacing::at_once).empty());
  put_durable("b"); // taken all the same: it is owed
  CHECK(*buffer.wait_for_room(now) > *pause);
  now += 100ms;
  CHECK(buffer.wait_for_room(now));
  now += 100ms;
  CHECK_FALSE(buffer.wait_for_room(now));
  put("c");
  buffer.limit(0, now);
  CHECK_FALSE(buffer.wait_for_room(now));
}

TEST_CASE_METHOD(fixture, "something has come if it was taken, or is to come again", "[live buffer]") {
  CHECK_FALSE(buffer.has_something_come());
  put("a");
  CHECK(buffer.has_something_come());
  CHECK_FALSE(buffer.has_something_come());
  put(std::string(21, 'x'));
  CHECK_FALSE(buffer.has_something_come());
  put_durable("b");
  CHECK(buffer.has_something_come());
  buffer.something_came();
  CHECK(buffer.has_something_come());
}

TEST_CASE("whatever is put is given once, in order, and what is held is what was put and not released",
          "[live buffer]") {
  std::mt19937_64 random{5};
  std::uint64_t refused = 0, abandoned = 0;
  for (int round = 0; round < 200; ++round) {
    live_buffer buffer{"mine", {1 + random() % 3000, 40}};
    texts put, given;
    std::deque<std::uint64_t> unreleased;
    std::set<std::uint64_t> waiting, told;
    std::uint64_t next = 0;
    auto take = [&] {
      auto records = buffer.take_given();
      for (auto& text : texts_of(records))
        given.push_back(text);
      for (auto& each : records) {
        unreleased.push_back(each.held);
        if (each.ticket != 0)
          waiting.insert(each.ticket);
      }
    };
    for (int step = 0; step < 200; ++step) {
      auto content = std::to_string(next) + std::string(random() % 30, '.');
      auto has_room = !buffer.wait_for_room({});
      switch (random() % 6) {
        case 0:
        case 1:
          CHECK((buffer.put(frame(content), 1, {}) != outcome::no_room) == has_room);
          if (has_room)
            put.push_back(content), ++next;
          break;
        case 2:
          CHECK(!buffer.refusal(frame(content), {}, pacing::at_rate) == has_room);
          refused += has_room ? 0 : 1;
          if (!has_room)
            break;
          buffer.put_durable(frame(content), 1, {}, {}, [](const result<void>&) {});
          put.push_back(content), ++next;
          take();
          CHECK(given == put);
          break;
        case 3: buffer.flush(); break;
        case 4:
          take();
          if (!unreleased.empty()) {
            buffer.release(unreleased.front());
            unreleased.pop_front();
          }
          break;
        default:
          if (!waiting.empty()) {
            auto ticket = *waiting.begin();
            CHECK((buffer.settle(ticket) != nullptr) == told.insert(ticket).second);
            if (random() % 2 == 0)
              waiting.erase(ticket);
          }
      }
    }
    buffer.flush();
    take();
    CHECK(given == put);
    for (auto held : unreleased)
      buffer.release(held);
    CHECK_FALSE(buffer.wait_for_room({})); // nothing is held
    abandoned += buffer.abandon().size();
  }
  CHECK(refused > 100);
  CHECK(abandoned > 100);
}
