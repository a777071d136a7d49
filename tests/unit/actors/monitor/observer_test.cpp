#include "actors/monitor/observer.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "actors/monitor/status.hpp"

using namespace weir;
using namespace weir::actors;
using namespace std::chrono_literals;

namespace {

/// Writes every event down.
class transcript final : public streaming_listener {
public:
  std::vector<std::string> lines;

  void on_streaming_started(event_time) override { lines.push_back("streaming started"); }
  void on_receiver_started(const receiver_info& r) override { say("receiver started", r); }
  void on_receiver_stopped(const receiver_info& r) override { say("receiver stopped", r); }
  void on_receiver_error(const receiver_info& r) override { say("receiver error (" + r.last_error + ")", r); }
  void on_batch_submitted(const batch_info& b) override { say("submitted", b); }
  void on_batch_started(const batch_info& b) override { say("started", b); }
  void on_batch_completed(const batch_info& b) override { say("completed", b); }
  void on_output_operation_started(const output_operation_info& o) override { lines.push_back("output " + o.name); }
  void on_output_operation_completed(const output_operation_info& o) override {
    lines.push_back("output " + o.name + " ended" + (o.failure_reason ? ": " + *o.failure_reason : ""));
  }

private:
  void say(const std::string& what, const receiver_info& r) {
    lines.push_back(what + " " + r.name + " at " + r.location + (r.active ? " active" : " inactive"));
  }
  void say(const std::string& what, const batch_info& b) {
    lines.push_back(what + " " + std::to_string(b.id.value) + " records " + std::to_string(b.records()));
  }
};

struct fixture {
  std::int64_t now_us = 1'000'000;
  transcript heard;
  observer observed{{"a", "b", "c"},
                    {"weir://x", "file:/in"},
                    [this] { return now_us; },
                    [this](const listener_event& event) { event(heard); }};

  void run_batch(std::uint64_t number, std::uint64_t records) {
    batch_id id{number};
    observed.batch_submitted({id, now_us / 1000, now_us, {{input_id{0}, records, 10 * records}}});
    now_us += 2'000;
    observed.batch_started(id, now_us);
    observed.batch_started(id, now_us + 1); // another executor
    now_us += 10'000;
    batch_summary summary;
    summary.batch = id;
    summary.records = records;
    summary.inputs = {{input_id{0}, records, 10 * records}};
    observed.batch_committed(summary);
    for (std::uint32_t output = 0; output < 3; ++output) {
      observed.output_started(id, output_index{output}, now_us);
      observed.output_ended(id, output_index{output}, now_us += 1'000, {});
    }
    observed.batch_done(id, 0);
  }
};

} // namespace

TEST_CASE("the events of a batch come in order, its outputs by their numbers (StreamingListenerSuite)", "[observer]") {
  fixture f;
  f.observed.started();
  f.run_batch(7, 3);
  CHECK(f.heard.lines == std::vector<std::string>{"streaming started", "submitted 7 records 3", "started 7 records 3",
                                                  "output a", "output a ended", "output b", "output b ended",
                                                  "output c", "output c ended", "completed 7 records 3"});
}

TEST_CASE("receivers start, fail, are restarted and stop, with messages (StreamingListenerSuite)", "[observer]") {
  fixture f;
  f.observed.receiver_started(input_id{0}, "127.0.0.1:7000");
  f.observed.receiver_started(input_id{0}, "127.0.0.1:7000");
  f.observed.receiver_failed(input_id{0}, "a producer was refused");
  f.observed.actor_restarted({role::receiver, 0}, "killed");
  f.observed.actor_restarted({role::sink, 0}, "killed");
  f.observed.receiver_started(input_id{0}, "127.0.0.1:7000");
  f.observed.receiver_started(input_id{1}, "/in");
  f.observed.receiver_stopped(input_id{0}, "all is said");
  f.observed.ended();
  f.observed.ended();
  CHECK(f.heard.lines ==
        std::vector<std::string>{
          "receiver started weir://x at 127.0.0.1:7000 active",
          "receiver error (a producer was refused) weir://x at 127.0.0.1:7000 active",
          "receiver error (the receiver ended: killed) weir://x at 127.0.0.1:7000 active",
          "receiver stopped weir://x at 127.0.0.1:7000 inactive", "receiver started weir://x at 127.0.0.1:7000 active",
          "receiver started file:/in at /in active", "receiver stopped weir://x at 127.0.0.1:7000 inactive",
          "receiver stopped file:/in at /in inactive"});
  auto seen = f.observed.look(10);
  CHECK(seen.restarts == 2);
  CHECK(seen.inputs[0].restarts == 1);
  CHECK(seen.inputs[0].info.last_error_time == event_time{1s});
}

TEST_CASE("records of a restarted receiver are counted on, those of files when they were read (InputInfoTracker)",
          "[observer]") {
  fixture f;
  f.observed.receiver_counted(input_id{0}, {100, 1000, 1, 0});
  f.observed.receiver_counted(input_id{0}, {150, 1500, 1, 0});
  f.observed.receiver_counted(input_id{0}, {20, 200, 1, 0});
  f.observed.batch_submitted({batch_id{1}, 0, 0, {{input_id{0}, 170, 1700}, {input_id{1}, 0, 3000}}});
  batch_summary summary;
  summary.batch = batch_id{1};
  summary.records = 470;
  summary.inputs = {{input_id{0}, 170, 1700}, {input_id{1}, 300, 3000}};
  f.observed.batch_committed(summary);
  auto seen = f.observed.look(10);
  CHECK(seen.inputs[0].records == 170);
  CHECK(seen.inputs[1].records == 300);
  CHECK(seen.received_records == 470);
  CHECK(seen.counts.processed_records == 470);
}

TEST_CASE("records of batches that came before their receiver counted are not counted twice", "[observer]") {
  fixture f;
  f.run_batch(1, 3);
  f.run_batch(2, 4);
  CHECK(f.observed.look(10).inputs[0].records == 7);
  f.observed.receiver_counted(input_id{0}, {9, 90, 0, 0});
  f.run_batch(3, 2);
  CHECK(f.observed.look(10).inputs[0].records == 9);
  CHECK(f.observed.look(10).received_records == 9);
}

TEST_CASE("a receiver that has stopped itself is inactive, with its reason, until it starts again", "[observer]") {
  fixture f;
  f.observed.receiver_started(input_id{0}, "stream:orders");
  f.observed.receiver_stopped(input_id{0}, "all is said");
  CHECK(f.heard.lines.back() == "receiver stopped weir://x at stream:orders inactive");
  auto json = nlohmann::json::parse(status_json(f.observed.look(1), {}));
  CHECK(json["inputs"][0]["active"] == false);
  CHECK(json["inputs"][0]["stopped"] == "all is said");
  f.observed.ended(); // once is enough
  CHECK(f.observed.look(1).inputs[0].info.stop_reason == "all is said");
  f.observed.receiver_started(input_id{0}, "stream:orders");
  CHECK(f.observed.look(1).inputs[0].info.stop_reason.empty());
}

TEST_CASE("what committed batches leave out is counted once, however often it is said", "[observer]") {
  fixture f;
  log::batch_record isolating, skipped, open;
  isolating.id = batch_id{1};
  isolating.amendment.number = 1;
  isolating.amendment.excluded.resize(1);
  f.observed.batch_amended(isolating);
  isolating.amendment.excluded.resize(3);
  f.observed.batch_amended(isolating);
  f.observed.batch_amended(isolating);
  CHECK_FALSE(f.observed.look(1).left_out.anything()); // it may yet end with an error
  f.run_batch(1, 10);
  skipped.id = batch_id{2};
  skipped.amendment.skipped = true;
  f.observed.batch_amended(skipped);
  open.id = batch_id{3};
  open.amendment.skipped = true;
  f.observed.batch_amended(open);
  f.observed.batches_recovered({{batch_id{3}, 0, 0, {}}},
                               {}); // by a coordinator that does not say that the second was committed
  event without{.name = "output_left_out",
                .level = log_level::warning,
                .batch = batch_id{1},
                .actor = address{role::sink, 1},
                .message = "output b is without batch 1",
                .more = {}};
  f.observed.tell(without);
  f.observed.tell(without);
  auto seen = f.observed.look(1);
  CHECK(seen.left_out.records == 3);
  CHECK(seen.left_out.batches == 1);
  CHECK(seen.left_out.batches_of_output == 1);
  CHECK(seen.last_warning == "output b is without batch 1");
}

TEST_CASE("an output is seen to publish, to wait and to fail", "[observer]") {
  fixture f;
  f.run_batch(1, 3);
  for (std::uint64_t number : {2, 3}) {
    f.observed.batch_submitted({batch_id{number}, 0, 0, {}});
    batch_summary summary;
    summary.batch = batch_id{number};
    summary.outputs = {output_index{0}, output_index{2}}; // the second has nothing to show
    f.observed.batch_committed(summary);
    f.observed.output_ended(batch_id{number}, output_index{0}, f.now_us, {});
  }
  f.observed.output_ended(batch_id{2}, output_index{2}, f.now_us, "no room");
  auto json = nlohmann::json::parse(status_json(f.observed.look(1), {}));
  auto& outputs = json["outputs"];
  CHECK(outputs[0]["name"] == "a");
  CHECK(outputs[0]["published_batches"] == 3);
  CHECK(outputs[0]["waiting_batches"] == 0);
  CHECK(outputs[1]["waiting_batches"] == 0);
  CHECK(outputs[2]["published_batches"] == 1);
  CHECK(outputs[2]["waiting_batches"] == 2);
  CHECK(outputs[2]["failing_batch"] == 2);
  CHECK(outputs[2]["failure"] == "no room");
  f.observed.output_ended(batch_id{2}, output_index{2}, f.now_us, {});
  CHECK_FALSE(f.observed.look(1).outputs[2].publication.failing);
}

TEST_CASE("rates are those of the last seconds", "[observer]") {
  fixture f;
  f.observed.started();
  std::uint64_t received = 0;
  for (std::uint64_t number = 1; number <= 200; ++number) {
    f.observed.receiver_counted(input_id{0}, {received += number <= 100 ? 500 : 100, 0, 1, 0});
    f.now_us += 100'000 - 15'000;
    f.run_batch(number, number <= 100 ? 500 : 100);
  }
  auto seen = f.observed.look(10);
  CHECK(seen.received_per_s == Approx(1000).epsilon(0.1));
  CHECK(seen.processed_per_s == Approx(1000).epsilon(0.1));
  CHECK(seen.ended.size() == 10);
}

TEST_CASE("a status says how things stand, as JSON in one line", "[status]") {
  fixture f;
  f.observed.started();
  f.observed.receiver_started(input_id{0}, "127.0.0.1:7000");
  f.observed.receiver_counted(input_id{0}, {10, 100, 2, 5000});
  f.observed.receiver_failed(input_id{0}, "bad \"quote\"\n\xff");
  f.observed.input_waits(input_id{0}, 7, 70);
  f.run_batch(1, 3);
  f.run_batch(2, 5);
  f.observed.batch_submitted({batch_id{3}, 0, f.now_us, {{input_id{0}, 2, 20}}});
  process_figures process;
  process.application = "word-count";
  process.memory_limit = 1000;
  auto text = status_json(f.observed.look(status_batches), process);
  CHECK(text.find('\n') == std::string::npos);
  auto json = nlohmann::json::parse(text);
  CHECK(json["application"] == "word-count");
  CHECK(json["records"]["received"] == 10);
  CHECK(json["records"]["processed"] == 8);
  CHECK(json["lag"]["records"] == 9); // 7 that wait, 2 in a batch
  CHECK(json["lag"]["bytes"] == 90);
  CHECK(json["delays_us"]["batches"] == 2);
  CHECK(json["delays_us"]["scheduling"]["p50"] == 2'000);
  CHECK(json["delays_us"]["processing"]["p99"] == 13'000);
  CHECK(json["delays_us"]["total"]["max"] == 15'000);
  CHECK(json["batches"]["waiting"] == 1);
  CHECK(json["batches"]["completed"] == 2);
  CHECK(json["batches"]["last"][1]["records"] == 5);
  CHECK(json["batches"]["last"][1]["outputs"][2]["name"] == "c");
  auto& input = json["inputs"][0];
  CHECK(input["connections"] == 2);
  CHECK(input["rate_limit"] == 5000);
  CHECK(input["active"] == true);
  CHECK(input["last_error"].get<std::string>().starts_with("bad \"quote\"\n"));
  CHECK(json["memory"]["limit_bytes"] == 1000);
}

TEST_CASE("a status before the first batch has no delays", "[status]") {
  fixture f;
  auto json = nlohmann::json::parse(status_json(f.observed.look(status_batches), {}));
  CHECK(json["delays_us"]["total"].is_null());
  CHECK(json["lag"]["records"] == 0);
  CHECK(json["batches"]["last"].empty());
}

TEST_CASE("a process knows its memory, and what a file takes on the disk", "[status]") {
  CHECK(resident_bytes() > 100'000);
  CHECK(disk_bytes("/proc/self/no-such-file") == 0);
}
