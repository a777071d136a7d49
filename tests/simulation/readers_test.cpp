#include "actors/simulation/readers.hpp"

#include <catch2/catch.hpp>

using namespace weir::actors::simulation;
using Catch::Matchers::VectorContains;

namespace {

constexpr const char* changed_sentence = "/out/counts-100: changed after it became visible";

/// Outputs as a sink writes them, and who looks at them after each of its steps.
struct watched_outputs {
  watched_outputs() { REQUIRE(files.make_directories("/out")); }

  void publish(const std::string& time) {
    auto hidden = "/out/.counts-" + time + ".tmp";
    REQUIRE(files.make_directories(hidden));
    step(files.write(hidden + "/part-00000", "a\t1\n"));
    step(files.write(hidden + "/_SUCCESS", ""));
    step(files.rename(hidden, "/out/counts-" + time));
  }
  void step(const weir::result<void>& done) {
    REQUIRE(done);
    watching.look();
  }
  std::vector<std::string> violations_at_the_end() {
    watching.conclude();
    return watching.violations();
  }

  static scenario with_one_output() {
    scenario planned;
    planned.output_prefixes = {"/out/counts"};
    return planned;
  }

  scenario planned = with_one_output();
  simulated_files files;
  readers watching{planned, files};
};

} // namespace

TEST_CASE("readers are content with outputs that appear one after the other", "[simulation][readers]") {
  watched_outputs outputs;
  for (auto time : {"100", "200", "300", "400"})
    outputs.publish(time);
  CHECK_FALSE(outputs.watching.has_complaint());
  expectation expected;
  for (int i = 0; i < 4; ++i)
    expected.promised("a");
  CHECK(outputs.watching.expect(expected, false) == "");
  auto judged = outputs.watching.conclude();
  CHECK(judged.lost == 0);
  CHECK(judged.duplicated == 0);
  CHECK(outputs.watching.violations().empty());
}

TEST_CASE("readers notice at once, and once, that an output that others follow changes", "[simulation][readers]") {
  watched_outputs outputs;
  for (auto time : {"100", "200", "300"})
    outputs.publish(time);
  SECTION("a part") { outputs.step(outputs.files.write("/out/counts-100/part-00000", "a\t2\n")); }
  SECTION("a part that comes later") { outputs.step(outputs.files.write("/out/counts-100/part-00001", "b\t1\n")); }
  SECTION("a part that vanishes") { outputs.step(outputs.files.remove_all("/out/counts-100/part-00000")); }
  SECTION("a part that is moved away") {
    outputs.step(outputs.files.rename("/out/counts-100/part-00000", "/out/elsewhere"));
  }
  SECTION("a part that is moved in") {
    outputs.step(outputs.files.write("/out/elsewhere", "b\t1\n"));
    outputs.step(outputs.files.rename("/out/elsewhere", "/out/counts-100/part-00001"));
  }
  CHECK(outputs.watching.has_complaint());
  CHECK(outputs.violations_at_the_end() == std::vector<std::string>{changed_sentence});
}

TEST_CASE("readers notice an output that vanishes and comes back with something else", "[simulation][readers]") {
  watched_outputs outputs;
  outputs.publish("100");
  outputs.publish("200");
  outputs.step(outputs.files.rename("/out/counts-100", "/out/kept"));
  CHECK_FALSE(outputs.watching.has_complaint());
  SECTION("the same again is none") {
    outputs.step(outputs.files.rename("/out/kept", "/out/counts-100"));
    CHECK(outputs.violations_at_the_end().empty());
  }
  SECTION("something else") {
    outputs.step(outputs.files.write("/out/kept/part-00000", "a\t2\n"));
    CHECK_FALSE(outputs.watching.has_complaint());
    outputs.step(outputs.files.rename("/out/kept", "/out/counts-100"));
    CHECK(outputs.violations_at_the_end() == std::vector<std::string>{changed_sentence});
  }
}

TEST_CASE("readers notice at the end what has vanished, by whichever way", "[simulation][readers]") {
  watched_outputs outputs;
  for (auto time : {"100", "200", "300"})
    outputs.publish(time);
  std::string gone = "/out/counts-100";
  SECTION("removed") { outputs.step(outputs.files.remove_all("/out/counts-100")); }
  SECTION("moved away") { outputs.step(outputs.files.rename("/out/counts-100", "/out/other")); }
  SECTION("no longer complete") { outputs.step(outputs.files.remove_all("/out/counts-100/_SUCCESS")); }
  SECTION("with its parent") {
    outputs.step(outputs.files.remove_all("/out"));
    CHECK(outputs.violations_at_the_end().size() == 3);
  }
  SECTION("without a look since") {
    REQUIRE(outputs.files.remove_all("/out/counts-300"));
    gone = "/out/counts-300";
  }
  CHECK_THAT(outputs.violations_at_the_end(), VectorContains(gone + ": was visible once and has vanished"));
}

TEST_CASE("readers notice what a power failure makes of an output that was never synced", "[simulation][readers]") {
  std::size_t changed_or_vanished = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    watched_outputs outputs;
    outputs.publish("100");
    chance random{seed};
    outputs.files.fail_power(random);
    outputs.watching.look();
    changed_or_vanished += outputs.violations_at_the_end().empty() ? 0 : 1;
  }
  CHECK(changed_or_vanished > 5);
}

TEST_CASE("readers notice an output that appears behind a later one", "[simulation][readers]") {
  watched_outputs outputs;
  outputs.publish("200");
  outputs.publish("100");
  CHECK(outputs.watching.has_complaint());
}
