#include <algorithm>

#include <catch2/catch.hpp>

#include "actors/simulation/batch_contents.hpp"
#include "actors/simulation/world.hpp"

using namespace weir;
using namespace weir::actors::simulation;
using Catch::Matchers::Contains;

namespace {

using row = expected_rows::row;
using rows = std::vector<row>;

rows sorted(rows all) {
  std::sort(all.begin(), all.end());
  return all;
}

expected_rows modelled(std::vector<pipeline_step> steps, const std::vector<std::string>& lines,
                       std::int64_t choice = 0) {
  planned_pipeline drawn{std::move(steps), 0, choice};
  return model_of(drawn, drawn.steps.size(), lines);
}

const std::int64_t number_of_a = number_of_word("a"), number_of_w1 = number_of_word("w1");

} // namespace

TEST_CASE("the model of pipelines has the rows that one would write down", "[simulation][pipelines]") {
  using enum pipeline_step;
  CHECK(sorted(modelled({sum_by_key}, {"a w1", "a"}).rows) == rows{{"a", 2 * number_of_a}, {"w1", number_of_w1}});
  CHECK(sorted(modelled({greatest_by_key}, {"a a"}).rows) == rows{{"a", number_of_a}});
  CHECK(sorted(modelled({once}, {"a", "a"}).rows) == rows{{"a", number_of_a}});
  CHECK(modelled({count}, {"a", "a"}).rows == rows{{"a", number_of_a * 31 + 2}});
  CHECK(sorted(modelled({join_table}, {"w1 a"}).rows) ==
        sorted({{"w1", number_of_w1 * 31 + 10}, {"w1", number_of_w1 * 31 + 3}}));
  auto in_order = modelled({sort, change}, {"w2 w1 a"});
  CHECK(in_order.ordered);
  CHECK(in_order.rows.front().first == "a");
  CHECK_FALSE(modelled({sort, once}, {"a"}).ordered);
  CHECK(modelled({change}, {"abc"}, 1).rows.front().first == "ab");
  CHECK(modelled({}, {}).rows.empty());
}

TEST_CASE("an output that shows other rows than its batch has is noticed", "[simulation][pipelines]") {
  planned_pipeline drawn{{pipeline_step::sort}, 0, 0};
  batch_contents contents;
  contents.sealed(batch_id{1}, 1'000, {"b a"});
  contents.sealed(batch_id{2}, 2'000, {"never committed"});
  contents.sealed(batch_id{3}, 3'000, {"skipped"});
  contents.committed(batch_id{1});
  contents.committed(batch_id{3});
  contents.skipped(batch_id{3});
  auto a = "a\t" + std::to_string(number_of_a) + "\n", b = "b\t" + std::to_string(number_of_word("b")) + "\n";
  auto judge = [&](const batch_contents::published_parts& shown) { return contents.judge(drawn, 1, false, shown); };
  CHECK(judge({{1'000, {{0, a}, {1, b}}}}) == "");
  CHECK(judge({{1'000, {{0, a}, {1, b}}}, {3'000, {}}}) == "");
  CHECK_THAT(judge({{1'000, {{0, a}}}}), Contains("has 1 rows"));
  CHECK_THAT(judge({{1'000, {{0, a + a}, {1, b}}}}), Contains("has 3 rows"));
  CHECK_THAT(judge({{1'000, {{0, b}, {1, a}}}}), Contains("it should have"));
  CHECK_THAT(judge({}), Contains("has 0 rows"));
  CHECK_THAT(judge({{1'000, {{0, a}, {1, b}}}, {3'000, {{0, a}}}}), Contains("batch 3"));
  CHECK_THAT(judge({{1'000, {{0, a}, {1, b}}}, {4'000, {{0, a}}}}), Contains("no batch has: 4000"));
  CHECK_THAT(judge({{1'000, {{0, "a"}}}}), Contains("cannot be read"));
  CHECK(contents.totals() == std::map<std::string, std::uint64_t>{{"b a", 1}});
  CHECK(contents.judge_calls(drawn, false, {{1'000, {{"a", number_of_a}, {"b", number_of_word("b")}}}}) == "");
}

TEST_CASE("lines that are left out have no rows", "[simulation][pipelines]") {
  planned_pipeline drawn{{pipeline_step::once}, 0, 0};
  batch_contents contents;
  contents.sealed(batch_id{1}, 1'000, {"a", "!m1 b"});
  contents.committed(batch_id{1});
  CHECK(contents.judge(drawn, 1, true, {{1'000, {{0, "a\t" + std::to_string(number_of_a) + "\n"}}}}) == "");
  CHECK(contents.judge(drawn, 1, false, {{1'000, {{0, "a\t" + std::to_string(number_of_a) + "\n"}}}}) != "");
}

TEST_CASE("each step of drawn pipelines keeps its promise whatever fails, behind another one too",
          "[simulation][pipelines]") {
  for (std::size_t i = 0; i < pipeline_step_count; ++i) {
    auto step = static_cast<pipeline_step>(i);
    auto planned = draw_scenario(7'400 + i);
    planned.pipeline = {{step, static_cast<pipeline_step>((i * 3 + 1) % pipeline_step_count)}, 1, 5};
    planned.lines_output = i % 3 == 0; // then a function is called with the results
    if (planned.lines_output)
      planned.settings.batch_interval =
        std::max<std::chrono::microseconds>(planned.settings.batch_interval, std::chrono::milliseconds{50});
    auto ended = run(planned);
    CAPTURE(i, planned.seed, ended.violations);
    CHECK(ended.good());
    CHECK(ended.batches > 0);
  }
}

TEST_CASE("every step is drawn, and many seeds have the counts alone", "[simulation][pipelines]") {
  std::vector<int> drawn(pipeline_step_count);
  int with_pipeline = 0, with_second_output = 0;
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    auto pipeline = draw_scenario(seed).pipeline;
    with_pipeline += pipeline.any();
    with_second_output += pipeline.shown_halfway > 0;
    for (auto step : pipeline.steps)
      ++drawn[static_cast<std::size_t>(step)];
  }
  CHECK(with_pipeline > 100);
  CHECK(with_pipeline < 300);
  CHECK(with_second_output > 30);
  CHECK(*std::min_element(drawn.begin(), drawn.end()) > 10);
}
