#include "actors/checkpoint_writer/write_group.hpp"

#include <catch2/catch.hpp>

#include "libstream/log/memory_store.hpp"
#include "libstream/log/positions.hpp"

using namespace weir;
using namespace weir::actors;

namespace {

constexpr std::uint64_t idle_since_ms = 1000, now_ms = 5000;

write_step forget_idle(log::forgotten_producers& counts) {
  write_step step;
  step.look_up = [&counts](auto& changes, auto& producers) {
    return log::forget_producers(changes, producers.content(), input_id{0}, now_ms - 1, {}, 100)
      .map([&](const log::forgotten_producers& forgotten) { counts = forgotten; });
  };
  return step;
}

write_step append(const std::string& producer, std::uint64_t last) {
  write_step step;
  step.look_up = [producer, last](auto&, auto& producers) {
    log::block_header header;
    header.producers = {{producer, last - 1, last}};
    return producers.append(std::vector{header}, now_ms);
  };
  return step;
}

write_step part(const std::string& producer) {
  write_step step;
  step.look_up = [producer](auto&, auto& producers) {
    return producers.part(input_id{0}, producer, now_ms).map([](bool) {});
  };
  return step;
}

struct logged {
  logged() {
    log::transaction changes;
    for (const char* name : {"a", "b"})
      log::put_producer(changes, input_id{0}, name, {10, false, idle_since_ms});
    REQUIRE(store.commit(changes));
  }
  void write(std::vector<write_step> steps) {
    write_group group;
    for (auto& step : steps)
      REQUIRE(group.add(step));
    REQUIRE(group.write(store));
  }
  std::map<std::string, log::producer_position> producers() { return log::read_producers(store, input_id{0}).value(); }

  log::memory_store store;
};

} // namespace

TEST_CASE("a producer that was idle and sends again in the transaction that forgets it is remembered with all it sent",
          "[write_group]") {
  for (bool sends_first : {false, true}) {
    logged log;
    log::forgotten_producers counts;
    std::vector<write_step> steps;
    steps.push_back(forget_idle(counts));
    steps.insert(sends_first ? steps.begin() : steps.end(), append("a", 12));
    log.write(std::move(steps));
    CHECK(counts.forgotten == 2);
    auto known = log.producers();
    REQUIRE(known.size() == 1);
    CHECK(known.at("a") == log::producer_position{12, false, now_ms});
  }
}

TEST_CASE("a producer that says goodbye in the transaction that forgets it keeps its number", "[write_group]") {
  logged log;
  log::forgotten_producers counts;
  std::vector<write_step> steps;
  steps.push_back(forget_idle(counts));
  steps.push_back(part("b"));
  log.write(std::move(steps));
  REQUIRE(log.producers().size() == 1);
  CHECK(log.producers().at("b") == log::producer_position{10, true, now_ms});
}

TEST_CASE("steps of one transaction see each other's producers, and the next transaction those of this one",
          "[write_group]") {
  logged log;
  for (std::uint64_t round = 1; round <= 2; ++round) {
    std::vector<write_step> steps;
    steps.push_back(append("new", 2 * round));
    steps.push_back(append("new", 2 * round + 1));
    steps.push_back(append("new", 2 * round)); // again
    log.write(std::move(steps));
    CHECK(log.producers().at("new").last == 2 * round + 1);
  }
}

TEST_CASE("a group that was written takes no more steps, and one that failed gives all of them back", "[write_group]") {
  log::memory_store store;
  write_group group;
  auto first = append("a", 2);
  REQUIRE(group.add(first));
  write_step broken;
  broken.look_up = [](auto&, auto&) -> result<void> { return fail_full("no room"); };
  REQUIRE(group.add(broken));
  auto written = group.write(store);
  REQUIRE_FALSE(written);
  CHECK(written.error().full);
  CHECK(log::read_producers(store, input_id{0}).value().empty());
  auto late = append("b", 2);
  CHECK_FALSE(group.add(late));
  CHECK(late.look_up);
  auto steps = group.take_steps();
  REQUIRE(steps.size() == 2);
  write_group again;
  REQUIRE(again.add(steps[0]));
  REQUIRE(again.write(store));
  CHECK(log::read_producers(store, input_id{0}).value().at("a").last == 2);
}
