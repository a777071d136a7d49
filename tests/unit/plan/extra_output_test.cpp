#include "libstream/plan/extra_output.hpp"

#include <catch2/catch.hpp>

using namespace weir;
using namespace weir::plan;

namespace {

struct some_run final : run {
  std::size_t bytes() const override { return 1; }
  std::size_t entries() const override { return 1; }
  bool encode_to(std::string&) const override { return false; }
};

/// Answers everything in a way of its own.
class known_plan final : public physical_plan {
public:
  const std::vector<stage>& stages() const override { return stages_; }
  const std::vector<shuffle>& shuffles() const override { return shuffles_; }
  const std::vector<output>& outputs() const override { return outputs_; }
  const std::vector<receiver_stream>& receivers() const override { return receivers_; }
  const std::string& description() const override { return description_; }
  std::uint64_t fingerprint() const override { return 99; }
  std::string record_text(stage_index stage, std::string_view bytes) const override {
    return std::to_string(stage.value) + " shows " + std::string{bytes};
  }
  result<task_result> run(const task_input& input) const override {
    task_result made;
    made.records_in = input.batch.value;
    return made;
  }
  result<run_handle> decode_run(shuffle_index, data::buffer_handle) const override { return run_; }

  run_handle run_ = std::make_shared<some_run>();

private:
  std::vector<stage> stages_{2};
  std::vector<shuffle> shuffles_{1};
  std::vector<output> outputs_{{output_index{0}, "counts", true, {}}, {output_index{1}, "totals", true, {}}};
  std::vector<receiver_stream> receivers_{{"sales", true, nullptr}};
  std::string description_ = "counts = count_by_value";
};

} // namespace

TEST_CASE("a plan with one more output is the plan in everything else", "[extra_output]") {
  auto base = std::make_shared<known_plan>();
  auto made = with_output(base, "dead-letters", {{output_target::kind::text, "dead/batch", 0}});
  REQUIRE(made.has_value());
  auto& extended = **made;
  CHECK(&extended.stages() == &base->stages());
  CHECK(&extended.shuffles() == &base->shuffles());
  CHECK(&extended.receivers() == &base->receivers()); // without them a program's own sources never started
  CHECK(extended.description() == base->description());
  CHECK(extended.fingerprint() == base->fingerprint()); // so a data directory knows the application as before
  CHECK(extended.record_text(stage_index{3}, "it") == "3 shows it");
  task_input input;
  input.batch = batch_id{7};
  CHECK(extended.run(input)->records_in == 7);
  CHECK(*extended.decode_run(shuffle_index{0}, nullptr) == base->run_);
}

TEST_CASE("the further output is the last, and no name is taken twice", "[extra_output]") {
  auto base = std::make_shared<known_plan>();
  auto made = with_output(base, "dead-letters", {{output_target::kind::text, "dead/batch", 0}});
  REQUIRE(made.has_value());
  REQUIRE((*made)->outputs().size() == 3);
  auto& last = (*made)->outputs().back();
  CHECK(last.index == output_index{2});
  CHECK(last.name == "dead-letters");
  CHECK(last.named);
  CHECK(last.targets.front().prefix == "dead/batch");
  CHECK((*made)->outputs().front().name == "counts");
  auto refused = with_output(base, "totals", {});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == error_code::configuration);
  CHECK(refused.error().message().find("'totals'") != std::string::npos);
}
