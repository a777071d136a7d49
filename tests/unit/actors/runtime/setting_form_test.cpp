#include "actors/runtime/setting_form.hpp"

#include <catch2/catch.hpp>

#include "actors/runtime/setting_row.hpp"

using namespace weir;
using namespace weir::actors;

TEST_CASE("a fixed-point number is kept as it was written", "[settings]") {
  auto [text, value] = GENERATE(table<std::string, std::uint64_t>({
    {"0", 0},
    {"1", 1'000'000},
    {"0.2", 200'000},
    {"1.5", 1'500'000},
    {"100.000001", 100'000'001},
  }));
  CHECK(parse_fixed_point(text) == value);
  CHECK(format_fixed_point(value) == text);
  CHECK(parse_fixed_point("0.20") == 200'000);
}

TEST_CASE("what is no fixed-point number is refused", "[settings]") {
  auto text = GENERATE(as<std::string>{}, "", ".", "1.", ".5", "-1", "+1", "1e3", "0.1234567", "1.2.3", " 1", "nan",
                       "99999999999999999999");
  CHECK_FALSE(parse_fixed_point(text).has_value());
}

TEST_CASE("several texts are written as a TOML array, one as it stands", "[settings]") {
  using texts = std::vector<std::string>;
  CHECK(parse_list("file:in").value() == texts{"file:in"});
  CHECK(parse_list("[]").value() == texts{});
  CHECK(parse_list(R"(["a", 'b' ,"c\"d",])").value() == texts{"a", "b", "c\"d"});
  for (auto wrong : {"[", "[a]", "[\"a]", "[\"a\" \"b\"]", "[\"a\"] b", "[\"a\",, \"b\"]"}) {
    INFO(wrong);
    CHECK_FALSE(parse_list(wrong).has_value());
  }
  CHECK(format_toml({0, {}, {"a\"", "b"}}, setting_form::list) == R"(["a\"", "b"])");
}

TEST_CASE("a boolean is true or false, and a choice one of its words", "[settings]") {
  CHECK(parse_setting("true", setting_form::boolean, {})->number == 1);
  CHECK(parse_setting("false", setting_form::boolean, {})->number == 0);
  CHECK_FALSE(parse_setting("yes", setting_form::boolean, {}).has_value());
  const std::vector<std::string> words{"stop", "skip", "isolate"};
  CHECK(parse_setting("isolate", setting_form::choice, words)->number == 2);
  auto wrong = parse_setting("skp", setting_form::choice, words);
  REQUIRE_FALSE(wrong.has_value());
  CHECK(wrong.error().hint == "give stop, skip or isolate; did you mean \"skip\"?");
}

namespace {

enum class color { red, green };

} // namespace

TEST_CASE("a value of each form lands in its field and is read from there", "[settings]") {
  bool flag = false;
  assign_value(flag, parse_setting("true", setting_form::boolean, {}).value());
  CHECK(flag);
  auto paint = color::red;
  assign_value(paint, parse_setting("green", setting_form::choice, {"red", "green"}).value());
  CHECK(paint == color::green);
  CHECK(value_of(paint).number == 1);
  double gain = 0;
  assign_value(gain, parse_setting("0.2", setting_form::fixed_point, {}).value());
  CHECK(gain == 0.2);
  CHECK(format_setting(value_of(gain), setting_form::fixed_point) == "0.2");
  std::chrono::milliseconds delay{0};
  assign_value(delay, parse_setting("2s", setting_form::duration, {}).value());
  CHECK(delay == std::chrono::seconds{2});
  CHECK(format_setting(value_of(delay), setting_form::duration) == "2s");
}
