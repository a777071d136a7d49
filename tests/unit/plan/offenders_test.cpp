#include "libstream/plan/offenders.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <rapidcheck.h>
#include <set>
#include <stdexcept>

#include "libstream/base/limits.hpp"
#include "libstream/testing/test_driver.hpp"

using namespace weir;
using namespace weir::plan;

namespace {

std::shared_ptr<const physical_plan> plan_of(const application& build) {
  stream_context ctx;
  build(ctx);
  auto lowered = ctx.plan();
  REQUIRE(lowered);
  return *lowered;
}

std::string_view fail_on_poison(std::string_view line) {
  if (line.starts_with("poison"))
    throw std::invalid_argument{"cannot swallow " + std::string{line}};
  return line;
}

void parse(stream_context& ctx) { ctx.text_input().map(fail_on_poison).named("parse").write_to(ctx.output()); }

text_piece piece_of(const std::string& text) {
  auto bytes = std::make_shared<data::buffer>(text.size());
  bytes->append(text);
  return {bytes->view(), bytes};
}

/// Lines `0` to `count`, of which those at `bad` are poison, in pieces of so many lines.
task_input lines_with(std::uint64_t count, const std::set<std::uint64_t>& bad, std::uint64_t lines_a_piece = 100) {
  task_input input;
  input.max_record_bytes = limits::max_record_bytes;
  std::string text;
  for (std::uint64_t line = 0; line < count; ++line) {
    text += (bad.count(line) > 0 ? "poison " : "line ") + std::to_string(line) + (line % 3 == 0 ? "\r\n" : "\n");
    if ((line + 1) % lines_a_piece == 0)
      input.text.push_back(piece_of(std::exchange(text, {})));
  }
  if (!text.empty()) {
    text.pop_back(); // the last line of an input may have no end
    input.text.push_back(piece_of(text));
  }
  return input;
}

/// Forwards everything and counts the runs.
class counting_plan final : public physical_plan {
public:
  explicit counting_plan(std::shared_ptr<const physical_plan> base) : base_{std::move(base)} {}

  const std::vector<stage>& stages() const override { return base_->stages(); }
  const std::vector<shuffle>& shuffles() const override { return base_->shuffles(); }
  const std::vector<output>& outputs() const override { return base_->outputs(); }
  const std::string& description() const override { return base_->description(); }
  std::uint64_t fingerprint() const override { return base_->fingerprint(); }
  std::string record_text(stage_index stage, std::string_view bytes) const override {
    return base_->record_text(stage, bytes);
  }
  result<task_result> run(const task_input& input) const override {
    ++runs;
    return base_->run(input);
  }

  mutable std::size_t runs = 0;

private:
  std::shared_ptr<const physical_plan> base_;
};

std::vector<std::uint64_t> positions_of(const std::vector<offender>& found) {
  std::vector<std::uint64_t> positions;
  for (auto& each : found)
    positions.push_back(each.position);
  return positions;
}

std::vector<std::uint64_t> found_in(const physical_plan& plan, const task_input& input,
                                    const offender_search& how = {}) {
  auto found = find_offenders(plan, input, how);
  REQUIRE(found.has_value());
  return positions_of(*found);
}

/// The lines that the task lets through.
std::string output_of(const physical_plan& plan, const task_input& input) {
  auto made = plan.run(input);
  REQUIRE(made.has_value());
  return made->staged.front().bytes;
}

/// A number of records that fail only when they are together, as a sum does that grows too large.
struct checked_sum {
  int operator()(int a, int b) const {
    if (a + b > 100)
      throw std::overflow_error{"the sum is too large"};
    return a + b;
  }
};

void sum_by_key(stream_context& ctx) {
  ctx.text_input()
    .map([](std::string_view line) {
      auto space = line.find(' ');
      return std::pair{line.substr(0, space), std::stoi(std::string{line.substr(space + 1)})};
    })
    .reduce_by_key(checked_sum{})
    .named("sums")
    .write_to(ctx.output());
}

task_input input_of(const std::string& text) {
  task_input input;
  input.max_record_bytes = limits::max_record_bytes;
  input.text = {piece_of(text)};
  return input;
}

/// The reduce task over what the map task makes of each of the texts.
task_input reduce_input(const physical_plan& plan, const std::vector<std::string>& texts) {
  task_input reduce;
  reduce.stage = stage_index{1};
  reduce.runs.emplace_back();
  for (auto& text : texts) {
    auto made = plan.run(input_of(text));
    REQUIRE(made.has_value());
    reduce.runs.front().push_back(made->shuffles.front().runs.front());
  }
  return reduce;
}

} // namespace

TEST_CASE("every set of poison records is found exactly, and without them the task succeeds", "[offenders]") {
  auto plan = plan_of(parse);
  auto holds = rc::check([&] {
    auto count = *rc::gen::inRange<std::uint64_t>(1, 400);
    auto bad = *rc::gen::container<std::set<std::uint64_t>>(rc::gen::inRange<std::uint64_t>(0, count));
    auto lines_a_piece = *rc::gen::inRange<std::uint64_t>(1, 100);
    auto input = lines_with(count, bad, lines_a_piece);
    auto found = find_offenders(*plan, input);
    RC_ASSERT(found.has_value());
    RC_ASSERT(positions_of(*found) == std::vector<std::uint64_t>(bad.begin(), bad.end()));
    for (auto& each : *found) {
      RC_ASSERT(each.text == "poison " + std::to_string(each.position));
      RC_ASSERT(each.operator_name == "parse");
      RC_ASSERT(each.problem == "cannot swallow " + each.text);
    }
    auto texts = leave_out(input, *plan, positions_of(*found));
    RC_ASSERT(texts.size() == bad.size());
    std::string rest;
    for (std::uint64_t line = 0; line < count; ++line)
      if (bad.count(line) == 0)
        rest += "line " + std::to_string(line) + "\n";
    RC_ASSERT(output_of(*plan, input) == rest);
  });
  CHECK(holds);
}

TEST_CASE("what is left out already is not found again", "[offenders]") {
  auto plan = plan_of(parse);
  auto input = lines_with(50, {3, 20, 21, 49});
  CHECK(found_in(*plan, input, {.known = {3, 21}}) == std::vector<std::uint64_t>{20, 49});
  CHECK(found_in(*plan, input, {.known = {3, 20, 21, 49}}).empty());
}

TEST_CASE("a search costs about k log n runs of ever smaller parts", "[offenders]") {
  counting_plan plan{plan_of(parse)};
  auto holds = rc::check([&] {
    auto count = *rc::gen::inRange<std::uint64_t>(1, 2000);
    auto bad =
      *rc::gen::container<std::set<std::uint64_t>>(*rc::gen::inRange(1, 12), rc::gen::inRange<std::uint64_t>(0, count));
    auto input = lines_with(count, bad);
    plan.runs = 0;
    auto found = find_offenders(plan, input);
    RC_ASSERT((found && found->size() == bad.size()));
    auto depth = static_cast<std::size_t>(std::ceil(std::log2(static_cast<double>(count))));
    RC_ASSERT(plan.runs <= 2 + bad.size() * (2 * depth + 1));
  });
  CHECK(holds);
}

TEST_CASE("where one is enough the search ends with it", "[offenders]") {
  counting_plan plan{plan_of(parse)};
  auto input = lines_with(1000, {250, 251, 700});
  CHECK(found_in(plan, input, {.only_one = true}) == std::vector<std::uint64_t>{250});
  CHECK(plan.runs <= 12);
}

TEST_CASE("a record that fails now and then is no poison, one that fails each time is", "[offenders]") {
  auto failures = std::make_shared<int>(0);
  auto plan = plan_of([failures](stream_context& ctx) {
    ctx.text_input()
      .map([failures](std::string_view line) {
        if (line == "poison 7" || (line == "poison 3" && ++*failures % 8 != 0))
          throw std::runtime_error{"not now"};
        return line;
      })
      .named("flaky")
      .write_to(ctx.output());
  });
  CHECK(found_in(*plan, lines_with(10, {7}), {.tries = 8}) == std::vector<std::uint64_t>{7});
  CHECK(found_in(*plan, lines_with(10, {3}), {.tries = 8}).empty());
}

TEST_CASE("where a function fails on several records together, the last one of the shortest failing beginning is found",
          "[offenders]") {
  auto plan = plan_of(sum_by_key);
  // a: 40 + 40 + 40 is too much, the fourth fits again once the third is left out: 40 + 40 + 20
  CHECK(found_in(*plan, input_of("a 40\nb 1\na 40\nb 2\na 40\nb 3\na 20\n")) == std::vector<std::uint64_t>{4});
  CHECK(found_in(*plan, input_of("a 60\na 60\na 60\nb 1\n")) == std::vector<std::uint64_t>{1, 2});
}

TEST_CASE("a record with which no other can be joined is left out, and not all others of its key", "[offenders]") {
  auto plan = plan_of([](stream_context& ctx) {
    ctx.text_input()
      .map([](std::string_view line) {
        auto space = line.find(' ');
        return std::pair{line.substr(0, space), std::stoi(std::string{line.substr(space + 1)})};
      })
      .reduce_by_key([](int a, int b) {
        if (a < 0 || b < 0)
          throw std::invalid_argument{"less than nothing"};
        return a + b;
      })
      .named("sums")
      .write_to(ctx.output());
  });
  std::string many = "a -1\n";
  for (int at = 0; at < 300; ++at)
    many += "a 1\nb 1\n";
  struct {
    std::string text;
    std::vector<std::uint64_t> found;
  } cases[] = {
    {many, {0}},
    {"a -1\nb 5\na 1\na 2\na 3\n", {0}},
    {"b 5\na -1\nb -1\na 1\nb 1\na 2\nb 2\n", {1, 2}}, // of two keys at once
    {"a 1\na -1\na 2\na 3\n", {1}},
    {"a 1\na 2\na 3\na -1\n", {3}},
    {"a -1\na -1\na 1\na 2\n", {0, 1}},
    {"a -1\na 1\nb 1\n", {1}}, // of two, either could be meant
  };
  for (auto& each : cases) {
    CAPTURE(each.text.substr(0, 60));
    CHECK(found_in(*plan, input_of(each.text)) == each.found);
  }
}

TEST_CASE("a share of a task's records may be left out, however many these are, and a few always", "[offenders]") {
  auto plan = plan_of(parse);
  std::set<std::uint64_t> bad;
  for (std::uint64_t at = 0; at < 3000; at += 2)
    bad.insert(at);
  CHECK(found_in(*plan, lines_with(4000, bad)).size() == 1500);
  auto too_many = find_offenders(*plan, lines_with(4000, bad), {.share = 0.3});
  REQUIRE_FALSE(too_many.has_value());
  CHECK(too_many.error().message().find("more than 1200 records of one task fail") != std::string::npos);
  CHECK(too_many.error().message().find("isolate.share, which is 30 %") != std::string::npos);
  CHECK(found_in(*plan, lines_with(2, {0, 1})).size() == 2);
  // What was left out before counts, too.
  auto known = find_offenders(*plan, lines_with(10, {1, 2, 3}), {.known = {1, 2}, .always = 2, .share = 0});
  CHECK_FALSE(known.has_value());
}

TEST_CASE("more offenders than a task may have are an error that says so", "[offenders]") {
  auto plan = plan_of(parse);
  auto input = lines_with(10, {1, 2, 3, 4});
  auto found = find_offenders(*plan, input, {.always = 3, .share = 0});
  REQUIRE_FALSE(found.has_value());
  CHECK(found.error().code == error_code::failed);
  CHECK(found.error().message().find("more than 3 records of one task fail") != std::string::npos);
  CHECK(found_in(*plan, input, {.always = 4, .share = 0}).size() == 4);
}

TEST_CASE("what an exception says is kept up to a limit", "[offenders]") {
  auto plan = plan_of([](stream_context& ctx) {
    ctx.text_input()
      .map([](std::string_view) -> int { throw std::runtime_error{std::string(100'000, 'x')}; })
      .write_to(ctx.output());
  });
  auto found = find_offenders(*plan, input_of("one\n"));
  REQUIRE((found && found->size() == 1));
  CHECK(found->front().problem == std::string(limits::problem_bytes, 'x'));
}

TEST_CASE("keys behind a shuffle are found by their hash, whichever tasks their records came from", "[offenders]") {
  auto plan = plan_of(sum_by_key);
  std::vector<std::string> texts{"a 60\nb 1\nc 99\nd 4\n", "c 2\nb 2\na 30\n", "e 7\na 30\nd 5\n"};
  auto reduce = reduce_input(*plan, texts);
  auto found = find_offenders(*plan, reduce);
  REQUIRE((found && found->size() == 2));
  CHECK(std::set{(*found)[0].text, (*found)[1].text} == std::set<std::string>{"a", "c"});
  CHECK((*found)[0].position < (*found)[1].position);
  CHECK((*found)[0].operator_name == "sums");
  CHECK(leave_out(reduce, *plan, positions_of(*found)).empty());
  auto made = plan->run(reduce);
  REQUIRE(made.has_value());
  CHECK(made->left_out.size() == 2); // their texts are in the result
  CHECK(made->left_out[(*found)[0].position] == (*found)[0].text);
  CHECK(made->staged.front().records == 3);
  for (auto line : {"b\t3\n", "d\t9\n", "e\t7\n"})
    CHECK(made->staged.front().bytes.find(line) != std::string::npos);
}

TEST_CASE("every set of keys on which a function behind the shuffle fails is found exactly", "[offenders]") {
  auto plan = plan_of([](stream_context& ctx) {
    ctx.text_input()
      .count_by_value()
      .map([](const std::pair<std::string_view, std::uint64_t>& counted) {
        fail_on_poison(counted.first);
        return counted;
      })
      .named("check")
      .write_to(ctx.output());
  });
  auto holds = rc::check([&] {
    auto count = *rc::gen::inRange<std::uint64_t>(1, 60);
    auto bad = *rc::gen::container<std::set<std::uint64_t>>(rc::gen::inRange<std::uint64_t>(0, count));
    std::string text, expected_keys;
    for (std::uint64_t i = 0; i < 2 * count; ++i)
      text += (bad.count(i % count) > 0 ? "poison " : "key ") + std::to_string(i % count) + "\n";
    auto reduce = reduce_input(*plan, {text, text});
    auto found = find_offenders(*plan, reduce);
    RC_ASSERT(found.has_value());
    std::set<std::string> texts, expected;
    for (auto& each : *found)
      texts.insert(each.text);
    for (auto at : bad)
      expected.insert("poison " + std::to_string(at));
    RC_ASSERT(texts == expected);
    leave_out(reduce, *plan, positions_of(*found));
    auto made = plan->run(reduce);
    RC_ASSERT(made.has_value());
    RC_ASSERT(made->staged.front().records == count - bad.size());
  });
  CHECK(holds);
}

TEST_CASE("an error that no user function causes ends the search", "[offenders]") {
  class broken final : public physical_plan {
  public:
    explicit broken(std::shared_ptr<const physical_plan> base) : base_{std::move(base)} {}
    const std::vector<stage>& stages() const override { return base_->stages(); }
    const std::vector<shuffle>& shuffles() const override { return base_->shuffles(); }
    const std::vector<output>& outputs() const override { return base_->outputs(); }
    const std::string& description() const override { return base_->description(); }
    std::uint64_t fingerprint() const override { return base_->fingerprint(); }
    result<task_result> run(const task_input&) const override { return fail(error_code::disk, "the disk has failed"); }

  private:
    std::shared_ptr<const physical_plan> base_;
  };
  auto found = find_offenders(broken{plan_of(parse)}, lines_with(10, {3}));
  REQUIRE_FALSE(found.has_value());
  CHECK(found.error().code == error_code::disk);
}

TEST_CASE("only tasks that read an input, or that are behind a keyed shuffle, can go on without something",
          "[offenders]") {
  auto plan = plan_of([](stream_context& ctx) {
    ctx.text_input().count_by_value().named("counts").write_to(ctx.output());
    ctx.text_input().count().named("total").write_to(ctx.output());
  });
  for (auto& stage : plan->stages())
    CHECK(can_leave_out(stage) == (stage.reads_text || !stage.always_due));
}
