#include "libstream/log/admission.hpp"

#include <catch2/catch.hpp>

using namespace weir;
using namespace weir::log;

namespace {

/// A batch that leaves out one record, because `operator_name` has failed on it in stage 0 of a program with another plan.
batch_record without_one(const std::string& operator_name) {
  batch_record batch;
  batch.id = batch_id{7};
  batch.amendment.number = 1;
  batch.amendment.excluded.push_back({stage_index{0}, task_index{0}, 3, operator_name, "it failed", 1});
  return batch;
}

/// A program whose stages all read the input, each with one operator that the user has named.
program_parts program_with(const std::vector<std::string>& operators) {
  program_parts program;
  program.plan = 2;
  for (auto& name : operators)
    program.stages.push_back({true, {{name, true}}});
  return program;
}

} // namespace

TEST_CASE("what a batch leaves out moves to the stage that has the operator now", "[admission]") {
  auto batch = without_one("parse");
  CHECK(settle_exclusions(batch, program_with({"read", "parse"})).empty());
  REQUIRE(batch.amendment.excluded.size() == 1);
  CHECK(batch.amendment.excluded.front().stage == stage_index{1});
  CHECK(batch.amendment.excluded.front().plan == 2);
}

TEST_CASE("what a batch leaves out is computed again if its operator stands in several stages, or in none",
          "[admission]") {
  for (auto& operators : {std::vector<std::string>{"parse", "parse"}, {"parse", "read", "parse"}, {"read"}, {}}) {
    CAPTURE(operators);
    auto batch = without_one("parse");
    auto dropped = settle_exclusions(batch, program_with(operators));
    REQUIRE(dropped.size() == 1);
    CHECK(dropped.front().operator_name == "parse");
    CHECK(batch.amendment.excluded.empty());
  }
}
