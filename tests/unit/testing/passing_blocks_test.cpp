#include <catch2/catch.hpp>

#include "libstream/plan/inline_batch.hpp"
#include "libstream/testing/test_driver.hpp"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

using namespace weir;

TEST_CASE("a split is let go of when its last task has ended, before the next stage", "[testing]") {
  auto text = std::make_shared<std::string>("a\nb\n" + std::string(limits::read_padding, '\0'));
  std::weak_ptr<std::string> owner = text;
  auto seen = std::make_shared<std::vector<bool>>();
  stream_context ctx;
  ctx.text_input()
    .map([owner, seen](std::string_view line) {
      seen->push_back(!owner.expired());
      return line;
    })
    .count_by_value()
    .map([owner, seen](const auto& each) {
      seen->push_back(owner.expired());
      return each;
    })
    .print();
  auto plan = *ctx.plan();
  std::vector<plan::inline_batch::split> splits{{{{std::string_view{*text}.substr(0, 4), text}}, 0}};
  text.reset();
  REQUIRE(plan::inline_batch{plan, 2, 1}.run(batch_id{1}, 1000, std::move(splits)).has_value());
  CHECK(*seen == std::vector<bool>(4, true));
}

#if defined(__SANITIZE_ADDRESS__)
TEST_CASE("what a test driver's map stage looked at is gone in the next stage, as with a real block", "[testing]") {
  auto seen = std::make_shared<std::vector<const char*>>();
  auto gone = std::make_shared<int>(0);
  testing::test_driver driver{[seen, gone](stream_context& ctx) {
    ctx.text_input()
      .map([seen](std::string_view line) {
        seen->push_back(line.data());
        return line.size();
      })
      .count_by_value()
      .map([seen, gone](const auto& each) {
        for (auto bytes : *seen)
          *gone += __asan_address_is_poisoned(bytes);
        return each;
      })
      .named("sizes")
      .print();
  }};
  driver.push({"one", "two", "four"}).step();
  CHECK(driver.output("sizes") == testing::rows{{3, 2}, {4, 1}});
  CHECK(*gone == 6);
}
#endif
