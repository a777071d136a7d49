#include "libstream/plan/extra_output.hpp"

#include <catch2/catch.hpp>

#include "libstream/api/receiver.hpp"
#include "libstream/testing/test_driver.hpp"

using namespace weir;
using namespace weir::plan;

namespace {

using sale = std::pair<std::string, std::uint64_t>;

struct idle final : receiver<sale> {
  void on_start() override {}
  void on_stop() override {}
};

std::shared_ptr<const physical_plan> base_plan() {
  stream_context ctx;
  ctx.text_input().count_by_value().named("counts").write_to(text_files("out/counts"));
  ctx.receiver_stream(std::make_shared<idle>())
    .named("sales")
    .reduce_by_key(std::plus<>{})
    .named("totals")
    .write_to(text_files("out/totals"));
  return *ctx.plan();
}

task_input lines() {
  static const std::string text = "b\na\nb\n" + std::string(limits::read_padding, '\0');
  task_input input;
  input.max_record_bytes = 100;
  input.text = {{std::string_view{text}.substr(0, 6), nullptr}};
  return input;
}

} // namespace

TEST_CASE("a plan with one more output is the plan in everything else", "[extra_output]") {
  auto base = base_plan();
  auto made = with_output(base, "dead-letters", {{output_target::kind::text, "dead/batch", 0}});
  REQUIRE(made.has_value());
  auto& extended = **made;
  CHECK(&extended.stages() == &base->stages());
  CHECK(&extended.shuffles() == &base->shuffles());
  CHECK(&extended.receivers() == &base->receivers()); // without them a program's own sources never started
  CHECK(extended.receivers().size() == 1);
  CHECK(extended.description() == base->description());
  CHECK(extended.fingerprint() == base->fingerprint()); // so a data directory knows the application as before
  auto input = lines();
  auto ran = extended.run(input);
  REQUIRE(ran.has_value());
  auto& run = *ran->shuffles.front().runs.front();
  CHECK(run.entries() == 2);
  std::string bytes;
  REQUIRE(run.encode_to(bytes));
  auto buffer = std::make_shared<data::buffer>(bytes.size());
  buffer->append(bytes);
  auto decoded = extended.decode_run(ran->shuffles.front().shuffle, buffer);
  REQUIRE(decoded.has_value());
  CHECK((*decoded)->entries() == 2);
  auto receives = std::find_if(base->stages().begin(), base->stages().end(), [](auto& each) { return each.framed(); });
  REQUIRE(receives != base->stages().end());
  CHECK(extended.record_text(receives->index, data::encode(sale{"ann", 7})) == "ann\t7");
}

TEST_CASE("the further output is the last, and no name is taken twice", "[extra_output]") {
  auto base = base_plan();
  auto made = with_output(base, "dead-letters", {{output_target::kind::text, "dead/batch", 0}});
  REQUIRE(made.has_value());
  REQUIRE((*made)->outputs().size() == 3);
  auto& last = (*made)->outputs().back();
  CHECK(last.index == output_index{2});
  CHECK(last.name == "dead-letters");
  CHECK(last.named);
  CHECK(last.targets.front().prefix == "dead/batch");
  CHECK((*made)->outputs().front().name == base->outputs().front().name);
  auto refused = with_output(base, "totals", {});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == error_code::configuration);
  CHECK(refused.error().message().find("'totals'") != std::string::npos);
}
