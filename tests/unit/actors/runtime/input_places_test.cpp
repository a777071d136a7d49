#include "actors/runtime/input_places.hpp"

#include <catch2/catch.hpp>

using namespace weir;
using namespace weir::actors;

namespace {

using texts = std::vector<std::string>;

std::vector<input_url> urls(const texts& of) {
  std::vector<input_url> parsed;
  for (auto& text : of) {
    auto url = parse_input_url(text);
    REQUIRE(url.has_value());
    parsed.push_back(*url);
  }
  return parsed;
}

std::vector<log::input_record> stored(const texts& names) {
  std::vector<log::input_record> records;
  for (auto& name : names)
    records.push_back({input_id{static_cast<std::uint32_t>(records.size())}, name});
  return records;
}

texts in_order(const result<input_places>& places) {
  if (!places)
    FAIL(places.error().message());
  texts found;
  for (auto& input : places->inputs)
    found.push_back(input.full_text());
  return found;
}

std::string refusal(const result<input_places>& places) {
  REQUIRE_FALSE(places.has_value());
  CHECK(places.error().code == error_code::configuration);
  return places.error().message();
}

const std::string a = "weir://127.0.0.1:4001", b = "weir://127.0.0.1:4002", c = "weir://127.0.0.1:4003";

} // namespace

TEST_CASE("inputs are known by their URLs in whatever order they are given", "[inputs]") {
  auto places = place_inputs(urls({b, "tcp://x:1", a}), stored({a, b, "tcp://x:1"}));
  CHECK(in_order(places) == texts{a, b, "tcp://x:1"});
  CHECK(places->written.empty());
}

TEST_CASE("a name goes before the URL, so that a port may move", "[inputs]") {
  auto named = b + "?name=clicks";
  CHECK(in_order(place_inputs(urls({a + "?name=orders", named}), stored({"clicks", "orders"}))) ==
        texts{named, a + "?name=orders"});
  CHECK(refusal(place_inputs(urls({a + "?name=x", b + "?name=x"}), {})).find("\"x\"") != std::string::npos);
}

TEST_CASE("the only port that moved is known again, of several that moved none is guessed", "[inputs]") {
  auto moved = place_inputs(urls({c, b}), stored({a, b}));
  CHECK(in_order(moved) == texts{c, b});
  REQUIRE(moved->renamed.size() == 1);
  CHECK(moved->renamed.front().name == a);
  REQUIRE(moved->written.size() == 1);
  CHECK(moved->written.front() == log::input_record{input_id{0}, c});
  CHECK(moved->notes.size() == 1);

  auto several = refusal(place_inputs(urls({"weir://h:1", "weir://h:2"}), stored({a, b})));
  CHECK(several.find(a) != std::string::npos);
  CHECK(several.find("?name=") != std::string::npos);
  CHECK(in_order(place_inputs(urls({"weir://h:1?name=" + b, "weir://h:2?name=" + a}), stored({a, b}))) ==
        texts{"weir://h:2?name=" + a, "weir://h:1?name=" + b});
}

TEST_CASE("ports that any free one may serve are told apart by their order", "[inputs]") {
  auto zero = std::string{"weir://127.0.0.1:0"};
  auto first = place_inputs(urls({zero, zero}), {});
  REQUIRE(first.has_value());
  CHECK(first->written[0].name == zero);
  CHECK(first->written[1].name == zero + "#2");
  CHECK(place_inputs(urls({zero, zero}), stored({zero, zero + "#2"}))->written.empty());
  refusal(place_inputs(urls({a, a}), {}));
}

TEST_CASE("a data directory that counted its ports is taken over in the order in which they are given", "[inputs]") {
  auto places = place_inputs(urls({b, a, "tcp://x:1"}), stored({"weir-1", "tcp://x:1", "weir-2"}));
  CHECK(in_order(places) == texts{b, "tcp://x:1", a});
  CHECK(places->renamed.size() == 2);
  CHECK(in_order(place_inputs(urls({b, a + "?name=weir-1"}), stored({"weir-1", "weir-2"}))) ==
        texts{a + "?name=weir-1", b});
}

TEST_CASE("an input that is missing is refused until it is given up, and goes on when it comes back", "[inputs]") {
  auto known = stored({"tcp://x:1", "tcp://y:1"});
  CHECK(refusal(place_inputs(urls({"tcp://y:1"}), known)).find("--forget-input 'tcp://x:1'") != std::string::npos);
  auto given_up = place_inputs(urls({"tcp://y:1", "tcp://z:1"}), known, {"tcp://x:1"});
  REQUIRE(given_up.has_value());
  REQUIRE(given_up->inputs.size() == 3);
  CHECK(given_up->inputs[0].what() == input_url::kind::given_up);
  CHECK(given_up->inputs[1].text() == "tcp://y:1");
  CHECK(given_up->inputs[2].text() == "tcp://z:1");
  REQUIRE(given_up->notes.size() == 1);
  CHECK(given_up->notes.front().find("tcp://x:1") != std::string::npos);

  known[0].forgotten = true;
  CHECK(place_inputs(urls({"tcp://y:1"}), known)->written.empty());
  auto back = place_inputs(urls({"tcp://y:1", "tcp://x:1"}), known);
  CHECK(in_order(back) == texts{"tcp://x:1", "tcp://y:1"});
  REQUIRE(back->written.size() == 1);
  CHECK_FALSE(back->written.front().forgotten);
}

TEST_CASE("what is given up must be there and not be given", "[inputs]") {
  auto known = stored({"tcp://x:1", "tcp://y:1"});
  CHECK(refusal(place_inputs(urls({"tcp://x:1", "tcp://y:1"}), known, {"tcp://x:2"})).find("did you mean") !=
        std::string::npos);
  refusal(place_inputs(urls({"tcp://x:1", "tcp://y:1"}), known, {"tcp://x:1"}));
}
