#include "libstream/api/receiver.hpp"

#include <catch2/catch.hpp>

#include "libstream/operators/record_output.hpp"
#include "libstream/plan/extra_output.hpp"
#include "libstream/plan/offenders.hpp"
#include "libstream/testing/test_driver.hpp"

using namespace weir;

namespace {

template <class T>
struct idle_receiver final : receiver<T> {
  void on_start() override {}
  void on_stop() override {}
};

using sale = std::pair<std::string, std::uint64_t>;

/// Runs the source stage of a plan over blocks.
std::string staged_by(const plan::physical_plan& plan, stage_index stage, const std::vector<std::string>& blocks) {
  plan::task_input input;
  input.stage = stage;
  input.max_record_bytes = 100;
  for (auto& block : blocks) {
    auto bytes = std::make_shared<data::buffer>(block.size());
    bytes->append(block);
    input.text.push_back({bytes->view(), bytes});
  }
  auto made = plan.run(input);
  if (!made)
    return made.error().message();
  std::string text;
  for (auto& output : made->staged)
    text += output.bytes;
  return text;
}

std::string framed(const std::vector<sale>& sales) {
  std::string bytes;
  for (auto& each : sales)
    operators::append_framed(bytes, each);
  return bytes;
}

} // namespace

TEST_CASE("each receiver is a source of its own, beside the configured inputs", "[receivers]") {
  stream_context ctx;
  auto text = std::make_shared<idle_receiver<std::string_view>>();
  ctx.text_input().named("all").print();
  ctx.receiver_stream(text).print();
  ctx.receiver_stream(std::make_shared<idle_receiver<sale>>()).named("sales").print();
  auto plan = *ctx.plan();
  REQUIRE(plan->receivers().size() == 2);
  CHECK(plan->receivers()[0].name == "receiver-1");
  CHECK_FALSE(plan->receivers()[0].named);
  CHECK(plan->receivers()[0].source == text);
  CHECK(plan->receivers()[1].name == "sales");
  std::vector<std::uint32_t> sources;
  for (auto& stage : plan->stages())
    if (stage.reads_text)
      sources.push_back(stage.source);
  CHECK(sources == std::vector<std::uint32_t>{0, 1, 2});
}

TEST_CASE("a receiver that no output uses is not started", "[receivers]") {
  stream_context ctx;
  ctx.text_input().print();
  ctx.receiver_stream(std::make_shared<idle_receiver<sale>>());
  CHECK((*ctx.plan())->receivers().empty());
}

TEST_CASE("typed records come out of their blocks, and text may hold newlines", "[receivers]") {
  stream_context ctx;
  ctx.receiver_stream(std::make_shared<idle_receiver<sale>>()).print();
  ctx.receiver_stream(std::make_shared<idle_receiver<std::string_view>>()).print();
  auto plan = *ctx.plan();
  CHECK(staged_by(*plan, stage_index{0}, {framed({{"ann", 3}, {"bob", 1}}), framed({{"cem", 2}})}) ==
        "ann\t3\nbob\t1\ncem\t2\n");
  std::string bytes;
  operators::append_framed(bytes, std::string_view{"one\ntwo"});
  CHECK(staged_by(*plan, stage_index{1}, {bytes}) == "one\ntwo\n");
}

TEST_CASE("blocks of another type are an error that names the operator", "[receivers]") {
  stream_context ctx;
  ctx.receiver_stream(std::make_shared<idle_receiver<sale>>()).named("sales").print();
  auto plan = *ctx.plan();
  CHECK_THAT(staged_by(*plan, stage_index{0}, {framed({{"ann", 3}}) + "\x05oops"}), Catch::Contains("sales"));
  std::string other;
  data::append_frame(other, data::encode(std::string{"no sale"}));
  CHECK_THAT(staged_by(*plan, stage_index{0}, {other}), Catch::Contains("cannot be read"));
}

TEST_CASE("the text pushed into a test driver is that of text_input alone", "[receivers]") {
  auto driver = testing::test_driver{[](stream_context& ctx) {
    ctx.text_input().count_by_value().named("text").print();
    ctx.receiver_stream(std::make_shared<idle_receiver<std::string_view>>()).count_by_value().named("own").print();
  }};
  driver.push({"a", "b", "a"}).step();
  CHECK(driver.output("text") == testing::rows{{"a", 2}, {"b", 1}});
  CHECK(driver.output("own") == testing::rows{});
}

TEST_CASE("records for the program itself are staged as they are", "[receivers]") {
  struct nowhere final : plan::delivery {
    result<void> deliver(const plan::delivered_batch&) override { return {}; }
    void cancel() override {}
  };
  stream_context ctx;
  ctx.receiver_stream(std::make_shared<idle_receiver<sale>>()).deliver_to(std::make_shared<nowhere>());
  auto plan = *ctx.plan();
  CHECK(plan->outputs()[0].targets[0].what == plan::output_target::kind::program);
  auto bytes = staged_by(*plan, stage_index{0}, {framed({{"tab\there", 3}, {"", 1}})});
  std::vector<sale> seen;
  REQUIRE(operators::for_each_framed<sale>(bytes, [&](sale&& record, std::size_t) { seen.push_back(record); }));
  CHECK(seen == std::vector<sale>{{"tab\there", 3}, {"", 1}});
  CHECK_FALSE(operators::for_each_framed<sale>("\x7f", [](sale&&, std::size_t) {}));
}

TEST_CASE("a receiver that was not started takes nothing and does not wait", "[receivers]") {
  idle_receiver<sale> source;
  CHECK(source.is_stopped());
  CHECK_FALSE(source.store(sale{"a", 1}));
  std::vector<sale> batch{{"a", 1}};
  CHECK_FALSE(source.store(batch));
  source.restart("nothing happens");
  source.stop("nothing happens");
  source.report_error("nobody hears");
}

// They lie in frames, not in lines: cut at newlines, sound ones were found to be poison, and lost.
TEST_CASE("a record of a receiver on which a function fails is found and left out whole, whatever bytes it has",
          "[receivers]") {
  stream_context ctx;
  ctx.receiver_stream(std::make_shared<idle_receiver<sale>>())
    .named("sales")
    .map([](const sale& each) {
      if (each.first.starts_with("poison"))
        throw std::invalid_argument{"cannot swallow it"};
      return each;
    })
    .named("check")
    .print();
  auto plan = *plan::with_output(*ctx.plan(), "dead-letters", {});
  std::vector<sale> sales;
  for (std::uint64_t i = 0; i < 40; ++i) // a 10 is a newline
    sales.emplace_back((i == 10 || i == 25 ? "poison\n" : "sound\n") + std::to_string(i), i);
  auto bytes = std::make_shared<data::buffer>(framed(sales).size());
  bytes->append(framed(sales));
  plan::task_input input;
  input.max_record_bytes = 100;
  input.text = {{bytes->view(), bytes}};
  auto found = plan::find_offenders(*plan, input);
  REQUIRE((found && found->size() == 2));
  CHECK((*found)[0].position == 10);
  CHECK((*found)[1].position == 25);
  CHECK((*found)[0].text == "poison\\n10\t10"); // as an output shows it
  plan::leave_out(input, *plan, {10, 25});
  CHECK(plan->run(input)->staged.front().records == 38);
}
