#include <algorithm>
#include <catch2/catch.hpp>
#include <rapidcheck.h>
#include <string>
#include <vector>

#include "libstream/data/buffer.hpp"
#include "libstream/operators/contains.hpp"
#include "libstream/operators/split_words.hpp"
#include "libstream/operators/text_source.hpp"
#include "libstream/testing/test_driver.hpp"
#include "tests/property.hpp"

using namespace weir;

// An operator that works on blocks gives what it would have given line by line.

namespace {

struct run_result {
  std::vector<std::string> lines;
  std::uint64_t records = 0;
  std::uint64_t skipped = 0;
};

run_result run(const application& build, const std::vector<std::string>& pieces, std::size_t max_record_bytes) {
  stream_context ctx;
  build(ctx);
  auto plan = ctx.plan();
  REQUIRE(plan);
  plan::task_input input;
  input.max_record_bytes = max_record_bytes;
  for (auto& piece : pieces) {
    auto bytes = std::make_shared<data::buffer>(piece.size());
    bytes->append(piece);
    input.text.push_back({bytes->view(), bytes});
  }
  auto made = (*plan)->run(input);
  REQUIRE(made);
  run_result result;
  result.records = made->records_in;
  result.skipped = made->skipped_records;
  operators::for_each_line(made->staged.front().bytes, [&](std::string_view line) { result.lines.emplace_back(line); });
  return result;
}

/// Hidden from the engine: the same function without its way to work on blocks.
template <class Function>
auto by_line(Function function) {
  return [function](std::string_view line) { return function(line); };
}
struct split_lines {
  using output = std::string_view;
  template <class Emit>
  void operator()(std::string_view text, Emit& emit) const {
    split_words(text, emit);
  }
};

rc::Gen<std::string> text_of(std::string alphabet) {
  return rc::gen::withSize([alphabet](int size) {
    return rc::gen::resize(size * 6, rc::gen::container<std::string>(rc::gen::elementOf(alphabet)));
  });
}

void check_equal(const run_result& blocks, const run_result& lines) {
  RC_ASSERT(blocks.lines == lines.lines);
  RC_ASSERT(blocks.records == lines.records);
  RC_ASSERT(blocks.skipped == lines.skipped);
}

} // namespace

TEST_CASE("words of a block are the words of its lines; records are counted, long ones skipped", "[blocks]") {
  weir::testing::check_property("against lines", [] {
    std::vector<std::string> pieces{*text_of("ab \t\n\r"), *text_of("abcdefgh\n ")};
    auto longest = *rc::gen::inRange<std::size_t>(1, 40);
    auto blocks = run([](stream_context& ctx) { ctx.text_input().flat_map(split_words).print(); }, pieces, longest);
    auto lines = run([](stream_context& ctx) { ctx.text_input().flat_map(split_lines{}).print(); }, pieces, longest);
    check_equal(blocks, lines);
  });
}

TEST_CASE("what contains finds in a block are the lines in which the text stands", "[blocks]") {
  weir::testing::check_property("against lines", [] {
    std::vector<std::string> pieces{*text_of("ab\n\r"), *text_of("aaaaaab\n")};
    auto wanted = *text_of("ab\r\n");
    wanted.resize(std::min<std::size_t>(wanted.size(), 4));
    auto longest = *rc::gen::inRange<std::size_t>(1, 60);
    contains predicate{wanted};
    auto blocks = run([&](stream_context& ctx) { ctx.text_input().filter(predicate).print(); }, pieces, longest);
    auto lines =
      run([&](stream_context& ctx) { ctx.text_input().filter(by_line(predicate)).print(); }, pieces, longest);
    check_equal(blocks, lines);
  });
}

TEST_CASE("contains finds a text at every place of a line", "[blocks]") {
  for (std::size_t size = 1; size <= 20; ++size)
    for (std::size_t at = 0; at < 70; ++at) {
      std::string wanted(size, 'n');
      auto line = std::string(at, '.') + wanted + std::string(40, '.');
      auto other = std::string(at, '.') + wanted.substr(1) + "." + std::string(40, '.');
      auto made = run([&](stream_context& ctx) { ctx.text_input().filter(contains{wanted}).print(); },
                      {other + "\n" + line + "\n" + other}, 1000);
      REQUIRE(made.lines == std::vector{line});
      REQUIRE(made.records == 3);
      REQUIRE(contains{wanted}(line));
      REQUIRE_FALSE(contains{wanted}(other));
    }
}

TEST_CASE("a text larger than a slice is worked on whole", "[blocks]") {
  std::string text;
  std::uint64_t lines = 0;
  for (int i = 0; text.size() < 300'000; ++i, ++lines)
    text += std::string(static_cast<std::size_t>(i * 37 % 400), 'w') + (i % 100 == 7 ? " needle" : " straw") + "\n";
  text += "needle without a newline";
  auto found = run([](stream_context& ctx) { ctx.text_input().filter(contains{"needle"}).print(); }, {text}, 1000);
  CHECK(found.records == lines + 1);
  CHECK(found.lines.size() == (lines + 92) / 100 + 1);
  auto words = run([](stream_context& ctx) { ctx.text_input().flat_map(split_words).print(); }, {text}, 1000);
  CHECK(words.records == lines + 1);
  CHECK(std::count(words.lines.begin(), words.lines.end(), "straw") == static_cast<long>(lines - (lines + 92) / 100));
}

TEST_CASE("lines are counted as the text source cuts them", "[blocks]") {
  weir::testing::check_property("against cutting", [] {
    auto text = *text_of("a\n");
    std::uint64_t lines = 0;
    std::size_t longest = 0;
    operators::for_each_line(text, [&](std::string_view line) {
      ++lines;
      longest = std::max(longest, line.size());
    });
    RC_ASSERT(operators::count_lines(text) == lines);
    RC_ASSERT(operators::may_hold_longer_line(text, longest) == false);
    if (longest > 0)
      RC_ASSERT(operators::may_hold_longer_line(text, longest - 1) == true);
  });
}

TEST_CASE("a stream that is used twice is cut into lines for both", "[blocks]") {
  testing::test_driver driver{[](stream_context& ctx) {
    auto lines = ctx.text_input();
    lines.flat_map(split_words).named("words").print();
    lines.filter(contains{"b"}).named("found").print();
  }};
  driver.push({"a b", "c"}).step();
  CHECK(driver.output("words") == testing::rows{"a", "b", "c"});
  CHECK(driver.output("found") == testing::rows{"a b"});
}
