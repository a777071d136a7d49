#include <algorithm>
#include <catch2/catch.hpp>
#include <rapidcheck.h>
#include <string>

#include "libstream/operators/split_words.hpp"
#include "libstream/testing/test_driver.hpp"
#include "tests/property.hpp"

using namespace weir;
using testing::rows;
using testing::test_driver;

namespace {

auto by_count = [](const auto& a, const auto& b) { return a.second < b.second; };

/// The text that an output staged, in its order.
std::string staged(const application& build, const std::vector<std::vector<std::string>>& splits,
                   std::uint32_t partitions) {
  stream_context ctx;
  build(ctx);
  std::vector<plan::inline_batch::split> inputs;
  for (auto& lines : splits) {
    auto text = std::make_shared<std::string>();
    for (auto& line : lines)
      *text += line + "\n";
    auto size = text->size();
    text->append(limits::read_padding, '\0');
    inputs.push_back({{{std::string_view{*text}.substr(0, size), text}}});
  }
  auto made = plan::inline_batch{*ctx.plan(), partitions, 42}.run(batch_id{1}, 0, inputs);
  REQUIRE(made);
  std::string all;
  for (auto& part : *made) {
    CHECK(part.part == 0);
    all += part.bytes;
  }
  return all;
}

} // namespace

TEST_CASE("the greatest records come in descending order, in one partition", "[top]") {
  auto words = [](stream_context& ctx) {
    ctx.text_input().flat_map(split_words).count_by_value().top(2, by_count).print();
  };
  CHECK(staged(words, {{"a b b", "c c c b b"}, {"a b"}}, 4) == "b\t5\nc\t3\n");
  CHECK(staged(words, {{"a b b"}, {"b c b c"}, {"b"}}, 3) == "b\t5\nc\t2\n");
}

TEST_CASE("of equal records the first of the batch is taken", "[top]") {
  auto longest = [](stream_context& ctx) {
    ctx.text_input().top(3, [](std::string_view a, std::string_view b) { return a.size() < b.size(); }).print();
  };
  CHECK(staged(longest, {{"aa", "x", "bb"}, {"cc", "ddd"}, {"ee"}}, 2) == "ddd\naa\nbb\n");
}

TEST_CASE("tops of nothing, of less than was asked for, and of none are what they should be", "[top]") {
  test_driver driver{[](stream_context& ctx) {
    auto lines = ctx.text_input();
    lines.top(5).named("five").print();
    lines.top(0).named("none").print();
  }};
  driver.push({"b", "a"}).step();
  CHECK(driver.output("five") == rows{"b", "a"});
  CHECK(driver.output("none") == rows{});
  driver.step();
  CHECK(driver.output("five") == rows{});
}

TEST_CASE("the top is that of a stable sort, however the batch is cut", "[top]") {
  weir::testing::check_property("against sorting", [] {
    auto numbers = *rc::gen::withSize([](int size) {
      return rc::gen::resize(size * 20, rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 500)));
    });
    auto count = *rc::gen::inRange<std::size_t>(1, 20);
    auto slice = *rc::gen::inRange<std::size_t>(1, 200);
    std::vector<std::vector<std::string>> splits;
    std::vector<std::string> all;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      if (i % slice == 0)
        splits.emplace_back();
      all.push_back(std::string(20, 'x') + std::to_string(numbers[i]) + "-" + std::to_string(i));
      splits.back().push_back(all.back());
    }
    auto less = [](std::string_view a,
                   std::string_view b) { // looks at part of the record, so that there are equal ones
      return a.substr(0, 22) < b.substr(0, 22);
    };
    auto made = staged([&](stream_context& ctx) { ctx.text_input().top(count, less).print(); }, splits, 2);
    std::stable_sort(all.begin(), all.end(), [&](auto& a, auto& b) { return less(b, a); });
    std::string expected;
    for (std::size_t i = 0; i < std::min(count, all.size()); ++i)
      expected += all[i] + "\n";
    RC_ASSERT(made == expected);
  });
}

TEST_CASE("a top outlives the bytes of its records, also when most of what it held was displaced", "[top]") {
  std::vector<std::vector<std::string>> splits(3);
  for (int i = 0; i < 9000; ++i) {
    auto number = std::to_string(i);
    splits[static_cast<std::size_t>(i) % 3].push_back(std::string(30 - number.size(), '0') + number);
  }
  auto made = staged([](stream_context& ctx) { ctx.text_input().top(2).print(); }, splits, 2);
  CHECK(made == std::string(26, '0') + "8999\n" + std::string(26, '0') + "8998\n");
}
