#include "actors/runtime/input_places.hpp"

#include <filesystem>

#include <catch2/catch.hpp>

#include "tests/unit/actors/sources/temporary_directory.hpp"

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

namespace {

namespace fs = std::filesystem;

/// A directory with `in`, which may move away behind a link.
struct moving_directory {
  testing::temporary_directory directory;
  std::string root = fs::canonical(directory.path()).string();

  moving_directory() { fs::create_directory(root + "/in"); }
  void move_behind_a_link() const {
    fs::rename(root + "/in", root + "/in2");
    fs::create_directory_symlink("in2", root + "/in");
  }
  std::string name(const std::string& of) const { return "file:" + root + "/" + of; }
  std::string url(const std::string& of) const { return "file://" + root + "/" + of; }
};

} // namespace

TEST_CASE("a directory that moved behind a link in its place is known by the path that was given before", "[inputs]") {
  moving_directory moving;
  auto before = place_inputs(urls({moving.url("in")}), {});
  REQUIRE(before.has_value());
  CHECK(before->written.front().name == moving.name("in"));
  moving.move_behind_a_link();
  auto after = place_inputs(urls({moving.url("in")}), before->written);
  REQUIRE(after.has_value());
  CHECK(after->inputs.size() == 1);
  CHECK(after->written.empty());
  CHECK(after->notes.empty());
}

TEST_CASE("every spelling of a path is one name, unless its .. leads elsewhere than its text says", "[inputs]") {
  moving_directory moving;
  for (auto spelling : {"in", "./in", "in/", "in/.", "in/../in", "//in"})
    CHECK(input_names(urls({moving.url(spelling)})) == texts{moving.name("in")});
  fs::create_directories(moving.root + "/far/in");
  fs::create_directories(moving.root + "/far/below");
  fs::create_directory_symlink(moving.root + "/far/below", moving.root + "/link");
  CHECK(input_names(urls({moving.url("link/../in")})) != texts{moving.name("in")});
}

TEST_CASE("a data directory whose names have no links knows the directory by any path to it", "[inputs]") {
  moving_directory moving;
  moving.move_behind_a_link();
  auto places = place_inputs(urls({moving.url("in")}), stored({moving.name("in2")})); // as it used to be called
  REQUIRE(places.has_value());
  CHECK(places->inputs.size() == 1);
  REQUIRE(places->renamed.size() == 1);
  CHECK(places->renamed.front().name == moving.name("in2"));
  CHECK(places->written == std::vector{log::input_record{input_id{0}, moving.name("in")}});
  CHECK(place_inputs(urls({moving.url("in2")}), stored({moving.name("in")})).has_value()); // the other way round
}

TEST_CASE("a directory is neither given twice nor both given and given up, whatever the paths to it", "[inputs]") {
  moving_directory moving;
  moving.move_behind_a_link();
  CHECK(refusal(place_inputs(urls({moving.url("in"), moving.url("in2")}), {})).find("same directory") !=
        std::string::npos);
  for (auto known : {"in", "in2"})
    for (auto given : {"in", "in2"})
      for (auto forgotten : {"in", "in2"}) {
        auto places = place_inputs(urls({moving.url(given)}), stored({moving.name(known)}), {moving.url(forgotten)});
        CHECK(refusal(places).find("both given and given up") != std::string::npos);
      }
}

TEST_CASE("a new directory beside an input that is given up is said to be read from its beginning", "[inputs]") {
  moving_directory moving;
  fs::create_directory(moving.root + "/other");
  auto places = place_inputs(urls({moving.url("other")}), stored({moving.name("in")}), {moving.url("in")});
  REQUIRE(places.has_value());
  REQUIRE(places->notes.size() == 2);
  CHECK(places->notes.back().find(moving.name("other") + " is new to the data directory") != std::string::npos);
}

TEST_CASE("the error about an input that is missing says what to type, and that is then taken", "[inputs]") {
  auto typed = [](const std::string& known) {
    auto error = refusal(place_inputs({}, stored({known})));
    CHECK(error.find("--forget-input '" + known + "'") != std::string::npos);
    auto from = error.find("--input '") + 9;
    auto url = error.substr(from, error.find('\'', from) - from);
    if (auto address = url.find("ADDR:PORT"); address != std::string::npos)
      url.replace(address, 9, "127.0.0.1:4001");
    auto places = place_inputs(urls({url}), stored({known}));
    INFO(error);
    REQUIRE(places.has_value());
    CHECK(places->written.empty());
    return url;
  };
  CHECK(typed("weir://127.0.0.1:0#2") == "weir://127.0.0.1:0?name=weir://127.0.0.1:0#2");
  CHECK(typed("clicks") == a + "?name=clicks");
  CHECK(typed("weir://127.0.0.1:0") == "weir://127.0.0.1:0");
  CHECK(typed("tcp://x:1") == "tcp://x:1");
  auto lines = input_names(urls({"generate://?count=5&seed=7"})).front();
  CHECK(typed(lines).starts_with("generate://?seed=7"));
  CHECK(refusal(place_inputs({}, stored({"stream:sensor"}))).find("program") != std::string::npos);
}
