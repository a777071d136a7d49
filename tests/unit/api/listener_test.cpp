#include "libstream/api/streaming_listener.hpp"

#include <stdexcept>

#include <catch2/catch.hpp>

#include "libstream/api/dstream.hpp"
#include "libstream/api/stats_report.hpp"
#include "libstream/testing/test_driver.hpp"

using namespace weir;
using namespace std::chrono_literals;

namespace {

class collector final : public streaming_listener {
public:
  std::vector<batch_info> submitted, started, completed;
  std::vector<output_operation_info> outputs_started, outputs_completed;
  int streaming_started = 0;

  void on_streaming_started(event_time) override { ++streaming_started; }
  void on_batch_submitted(const batch_info& batch) override { submitted.push_back(batch); }
  void on_batch_started(const batch_info& batch) override { started.push_back(batch); }
  void on_batch_completed(const batch_info& batch) override { completed.push_back(batch); }
  void on_output_operation_started(const output_operation_info& output) override { outputs_started.push_back(output); }
  void on_output_operation_completed(const output_operation_info& output) override {
    outputs_completed.push_back(output);
  }
};

batch_info ended(std::chrono::milliseconds waits, std::chrono::milliseconds takes) {
  batch_info batch;
  batch.processing_start = batch.submission + waits;
  batch.processing_end = *batch.processing_start + takes;
  return batch;
}

} // namespace

TEST_CASE("four batches of one record are submitted, started and completed (StreamingListenerSuite)", "[listeners]") {
  auto heard = std::make_shared<collector>();
  testing::test_driver driver{[heard](stream_context& ctx) {
    ctx.add_listener(heard);
    ctx.text_input().print();
  }};
  for (auto record : {"1", "2", "3", "4"})
    driver.push({record}).step();
  CHECK(heard->streaming_started == 1);
  REQUIRE(heard->submitted.size() == 4);
  REQUIRE(heard->started.size() == 4);
  REQUIRE(heard->completed.size() == 4);
  for (auto& batch : heard->submitted) {
    CHECK_FALSE(batch.scheduling_delay());
    CHECK_FALSE(batch.processing_delay());
    CHECK_FALSE(batch.total_delay());
    REQUIRE(batch.inputs.size() == 1);
    CHECK(batch.inputs.begin()->second.records == 1);
    CHECK_FALSE(batch.inputs.begin()->second.description.empty());
  }
  for (auto& batch : heard->started) {
    CHECK(*batch.scheduling_delay() >= 0us);
    CHECK_FALSE(batch.processing_delay());
    CHECK_FALSE(batch.total_delay());
  }
  for (auto& batch : heard->completed) {
    CHECK(*batch.scheduling_delay() >= 0us);
    CHECK(*batch.processing_delay() >= 0us);
    CHECK(*batch.total_delay() >= 0us);
    CHECK(batch.records() == 1);
  }
  for (std::size_t i = 1; i < 4; ++i) {
    CHECK(heard->completed[i - 1].submission < heard->completed[i].submission);
    CHECK(heard->completed[i - 1].processing_start < heard->completed[i].processing_start);
    CHECK(heard->completed[i - 1].processing_end < heard->completed[i].processing_end);
  }
}

TEST_CASE("output operations start and complete with ids 0, 1, 2 in order (StreamingListenerSuite)", "[listeners]") {
  auto heard = std::make_shared<collector>();
  testing::test_driver driver{[heard](stream_context& ctx) {
    ctx.add_listener(heard);
    auto lines = ctx.text_input();
    for (auto name : {"a", "b", "c"})
      lines.map([](std::string_view line) { return std::string{line}; }).named(name).print();
  }};
  driver.push({"x"}).step();
  REQUIRE(heard->outputs_completed.size() == 3);
  for (std::uint32_t i = 0; i < 3; ++i) {
    CHECK(heard->outputs_started[i].id == output_index{i});
    CHECK(heard->outputs_started[i].start);
    CHECK_FALSE(heard->outputs_started[i].end);
    CHECK(heard->outputs_completed[i].id == output_index{i});
    CHECK(heard->outputs_completed[i].end);
    CHECK_FALSE(heard->outputs_completed[i].failure_reason);
  }
}

TEST_CASE("a batch that fails names the reason at its outputs (StreamingListenerSuite)", "[listeners]") {
  auto heard = std::make_shared<collector>();
  testing::test_driver driver{[heard](stream_context& ctx) {
    ctx.add_listener(heard);
    ctx.text_input()
      .map([](std::string_view) -> int { throw std::runtime_error{"this is failed"}; })
      .named("broken")
      .print();
  }};
  driver.push({"x"});
  CHECK_THROWS(driver.step());
  REQUIRE(heard->outputs_completed.size() == 1);
  CHECK(heard->outputs_completed[0].failure_reason->find("this is failed") != std::string::npos);
}

TEST_CASE("a listener that throws changes nothing, one that was removed hears nothing", "[listeners]") {
  class thrower final : public streaming_listener {
    void on_batch_completed(const batch_info&) override { throw 1; }
  };
  auto heard = std::make_shared<collector>(), gone = std::make_shared<collector>();
  testing::test_driver driver{[&](stream_context& ctx) {
    ctx.add_listener(gone);
    ctx.add_listener(std::make_shared<thrower>());
    ctx.add_listener(heard);
    ctx.remove_listener(gone);
    ctx.text_input().print();
  }};
  driver.push({"x"}).step();
  CHECK(heard->completed.size() == 1);
  CHECK(gone->completed.empty());
}

TEST_CASE("stop is refused in a listener, drain is not (StreamingListenerSuite)", "[listeners]") {
  class stopper final : public streaming_listener {
  public:
    stream_context other;
    result<void> answer;
    void on_batch_completed(const batch_info&) override {
      answer = other.stop();
      other.drain();
    }
  };
  auto stops = std::make_shared<stopper>();
  testing::test_driver driver{[&](stream_context& ctx) {
    ctx.add_listener(stops);
    ctx.text_input().print();
  }};
  driver.step();
  REQUIRE_FALSE(stops->answer);
  CHECK(stops->answer.error().message().find("listener") != std::string::npos);
  CHECK(stops->other.get_state() == stream_context::state::initialised);
  CHECK(stops->other.stop());
}

TEST_CASE("a stats report tells the distribution of the last batches after every one", "[listeners]") {
  std::vector<std::string> lines;
  stats_report report{3, [&](const std::string& line) { lines.push_back(line); }};
  report.on_batch_completed(batch_info{}); // has not ended: says nothing
  CHECK(lines.empty());
  for (auto takes : {100ms, 10ms, 30ms, 20ms})
    report.on_batch_completed(ended(1ms, takes));
  REQUIRE(lines.size() == 8);
  CHECK(lines[6] == "total delay of the last 3 batches in ms: 0%=11.0 5%=11.0 10%=11.0 25%=11.0 50%=21.0 75%=31.0 "
                    "90%=31.0 95%=31.0 100%=31.0");
  CHECK(lines[7].starts_with("processing time of the last 3 batches in ms: 0%=10.0 "));
}
