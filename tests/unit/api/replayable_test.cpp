#include "libstream/api/replayable.hpp"

#include <catch2/catch.hpp>

#include "libstream/api/receiver.hpp"
#include "libstream/plan/offenders.hpp"

using namespace weir;

namespace {

using sale = std::pair<std::string, std::uint64_t>;

class empty_source final : public replayable_source {
public:
  explicit empty_source(record_form form) : form_{form} {}
  record_form form() const override { return form_; }
  result<std::vector<source_partition>> partitions() const override { return std::vector<source_partition>{}; }
  result<std::vector<text_piece>> read(const offset_range&, std::size_t) const override {
    return std::vector<text_piece>{};
  }

private:
  record_form form_;
};

std::shared_ptr<replayable_source> lines() { return std::make_shared<empty_source>(record_form::lines); }
std::shared_ptr<replayable_source> frames() { return std::make_shared<empty_source>(record_form::frames); }

plan::task_input task_of(const std::vector<std::string>& pieces) {
  plan::task_input input;
  input.max_record_bytes = 10;
  for (auto& piece : pieces)
    input.text.push_back(text_piece_of(piece));
  return input;
}

std::string shown(const plan::task_result& made) {
  std::string text;
  for (auto& output : made.staged)
    text += output.bytes;
  return text;
}

} // namespace

TEST_CASE("a source that can be read again is a source of its own, beside receivers and inputs", "[replayable]") {
  stream_context ctx;
  auto log = lines();
  ctx.text_input().named("all").print();
  ctx.replayable_stream<std::string_view>(log).named("log").print();
  ctx.replayable_stream<sale>(frames()).named("sales").print();
  auto plan = *ctx.plan();
  REQUIRE(plan->receivers().size() == 2);
  CHECK(plan->receivers()[0].name == "log");
  CHECK(plan->receivers()[0].replayable == log);
  CHECK_FALSE(plan->receivers()[0].source);
  CHECK(plan->receivers()[1].named);
  REQUIRE(plan->stages().size() == 3);
  CHECK(plan->stages()[1].source == 1);
  CHECK_FALSE(plan->stages()[1].framed());
  CHECK(plan->stages()[2].source == 2);
  CHECK(plan->stages()[2].framed());
}

TEST_CASE("lines of a source that can be read again are text records, and too long ones are skipped", "[replayable]") {
  stream_context ctx;
  ctx.replayable_stream<std::string_view>(lines()).named("log").print();
  auto made = (*ctx.plan())->run(task_of({"one\r\ntwo\n", "this is too long\nlast"}));
  REQUIRE(made);
  CHECK(shown(*made) == "one\ntwo\nlast\n");
  CHECK(made->records_in == 3);
  CHECK(made->skipped_records == 1);
}

TEST_CASE("frames of a source that can be read again are records, and too long ones are skipped", "[replayable]") {
  stream_context ctx;
  ctx.replayable_stream<sale>(frames()).named("sales").print();
  std::string bytes;
  for (auto& each : {sale{"ann", 3}, sale{"a name too long", 4}, sale{"bob", 1}})
    append_framed(bytes, each);
  auto made = (*ctx.plan())->run(task_of({bytes, bytes}));
  REQUIRE(made);
  CHECK(shown(*made) == "ann\t3\nbob\t1\nann\t3\nbob\t1\n");
  CHECK(made->records_in == 4);
  CHECK(made->skipped_records == 2);
}

TEST_CASE("single lines of a source that can be read again can be left out", "[replayable]") {
  stream_context ctx;
  ctx.replayable_stream<std::string_view>(lines()).named("log").print();
  auto plan = *ctx.plan();
  auto input = task_of({"one\ntwo\n", "three\n"});
  CHECK(plan::leave_out(input, *plan, {1}) == std::vector<std::string>{"two"});
  auto made = plan->run(input);
  REQUIRE(made);
  CHECK(shown(*made) == "one\nthree\n");
}
