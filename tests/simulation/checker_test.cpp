#include "actors/simulation/checker.hpp"

#include <catch2/catch.hpp>

using weir::actors::simulation::checker;
using weir::actors::simulation::naive_words;

namespace {

checker::content text(const char* bytes) { return std::make_shared<const std::string>(bytes); }

checker::directory parts(const char* bytes) { return {{"part-00000", text(bytes)}, {"_SUCCESS", text("")}}; }

checker promising(const char* line) {
  checker made{{"/out"}};
  for (auto& word : naive_words(line))
    made.expect(word, 1, 1);
  return made;
}

} // namespace

TEST_CASE("the checker is content with counts that add up over batches", "[simulation]") {
  auto judge = promising("a b a\n");
  judge.look("/out", {{"/out-100", parts("a\t1\n")}, {"/out-200", parts("a\t1\nb\t1\n")}});
  auto verdict = judge.conclude();
  CHECK(verdict.lost == 0);
  CHECK(verdict.duplicated == 0);
  CHECK(judge.violations().empty());
}

TEST_CASE("the checker counts planted losses", "[simulation]") {
  auto judge = promising("a b a\n");
  judge.look("/out", {{"/out-100", parts("a\t1\n")}});
  auto verdict = judge.conclude();
  CHECK(verdict.lost == 2);
  CHECK(verdict.duplicated == 0);
  CHECK(verdict.example == "/out: \"a\" was counted 1 times instead of 2");
}

TEST_CASE("the checker counts planted duplicates, also of words that nobody sent", "[simulation]") {
  auto judge = promising("a\n");
  judge.look("/out", {{"/out-100", parts("a\t1\n")}, {"/out-200", parts("a\t2\nz\t1\n")}});
  auto verdict = judge.conclude();
  CHECK(verdict.lost == 0);
  CHECK(verdict.duplicated == 3);
}

TEST_CASE("a record that was not acknowledged may come once or not at all", "[simulation]") {
  for (auto [bytes, duplicated] :
       {std::pair{"b\t1\n", 0}, std::pair{"a\t1\nb\t1\n", 0}, std::pair{"a\t2\nb\t1\n", 1}}) {
    auto judge = promising("b\n");
    judge.expect("a", 0, 1);
    judge.look("/out", {{"/out-100", parts(bytes)}});
    auto verdict = judge.conclude();
    CHECK(verdict.lost == 0);
    CHECK(verdict.duplicated == static_cast<std::uint64_t>(duplicated));
  }
}

TEST_CASE("every output is judged", "[simulation]") {
  checker judge{{"/out", "/copy"}};
  judge.expect("a", 1, 1);
  judge.look("/out", {{"/out-100", parts("a\t1\n")}});
  CHECK(judge.conclude().lost == 1);
}

TEST_CASE("directories without _SUCCESS do not count, nor do other outputs' and hidden ones", "[simulation]") {
  auto judge = promising("a\n");
  judge.look("/out", {{"/out-100", {{"part-00000", text("a\t1\n")}}},
                      {"/out-100-more", {}},
                      {"/outer-100", parts("a\t1\n")},
                      {"/.out-100.tmp", parts("a\t1\n")}});
  CHECK(judge.conclude().lost == 1);
  CHECK(judge.violations().empty());
}

TEST_CASE("the checker notices a published directory that changes", "[simulation]") {
  auto judge = promising("a\n");
  judge.look("/out", {{"/out-100", parts("a\t1\n")}});
  judge.look("/out", {{"/out-100", parts("a\t1\n")}});
  CHECK(judge.violations().empty());
  judge.look("/out", {{"/out-100", parts("a\t2\n")}});
  REQUIRE(judge.violations().size() == 1);
  CHECK(judge.violations().front() == "/out-100: changed after it became visible");
}

TEST_CASE("the checker notices a published directory that vanishes for good", "[simulation]") {
  auto judge = promising("a\n");
  judge.look("/out", {{"/out-100", parts("a\t1\n")}});
  judge.look("/out", {});
  CHECK(judge.violations().empty());
  CHECK(judge.conclude().lost == 1);
  REQUIRE(judge.violations().size() == 1);
  CHECK(judge.violations().front() == "/out-100: was visible once and has vanished");
}

TEST_CASE("the checker notices batch times that go back", "[simulation]") {
  auto judge = promising("a b\n");
  judge.look("/out", {{"/out-200", parts("a\t1\n")}});
  judge.look("/out", {{"/out-100", parts("b\t1\n")}, {"/out-200", parts("a\t1\n")}});
  REQUIRE(judge.violations().size() == 1);
  CHECK(judge.violations().front() == "/out-100: became visible after the later batch 200");
}

TEST_CASE("the checker notices _SUCCESS without parts, and text that cannot be read", "[simulation]") {
  auto judge = promising("");
  judge.look("/out",
             {{"/out-100", {{"_SUCCESS", text("")}}}, {"/out-200", parts("a\tx\n")}, {"/out-300", parts("\\q\t1\n")}});
  judge.conclude();
  CHECK(judge.violations().size() == 3);
}

TEST_CASE("escaped keys are the words that they stand for", "[simulation]") {
  auto judge = promising("a\\tb\n");
  judge.look("/out", {{"/out-100", parts("a\\\\tb\t1\n")}});
  auto verdict = judge.conclude();
  CHECK(verdict.lost == 0);
  CHECK(verdict.duplicated == 0);
}

TEST_CASE("words are runs of bytes other than ASCII white space", "[simulation]") {
  CHECK(naive_words(" a\tb\v\fc\r\n\xc3\xa4 \x01") == std::vector<std::string>{"a", "b", "c", "\xc3\xa4", "\x01"});
  CHECK(naive_words("").empty());
}

TEST_CASE("dead letters are judged by the records that they show", "[simulation]") {
  checker judge{{"/dead"}, checker::format::dead_letters};
  judge.expect("a poisoned\tline", 1, 1);
  judge.expect("another", 1, 1);
  judge.look("/dead", {{"/dead-100", parts("a poisoned\\tline\tmap-1\tboom\n")},
                       {"/dead-200", parts("stranger\tmap-1\tboom\n")}});
  auto verdict = judge.conclude();
  CHECK(verdict.lost == 1);
  CHECK(verdict.duplicated == 1);
  CHECK(judge.violations().empty());
}

TEST_CASE("a dead letter says who failed, and how", "[simulation]") {
  for (auto bytes : {"a\n", "a\tmap-1\n", "a\t\tboom\n", "a\tmap-1\t\n"}) {
    checker judge{{"/dead"}, checker::format::dead_letters};
    judge.look("/dead", {{"/dead-100", parts(bytes)}});
    judge.conclude();
    CHECK_FALSE(judge.violations().empty());
  }
}

TEST_CASE("the checker knows the whole from what changed", "[simulation]") {
  auto judge = promising("a b c\n");
  judge.look("/out", {{"/out-100", parts("a\t1\n")}});
  judge.look_at_changes("/out", {{"/out-200", parts("b\t1\n")}});
  SECTION("which may be several at once, in any order") {
    judge.look_at_changes("/out",
                          {{"/out-400", parts("")}, {"/out-300", parts("c\t1\n")}, {"/.out-300.tmp", std::nullopt}});
    auto verdict = judge.conclude();
    CHECK(verdict.lost == 0);
    CHECK(verdict.duplicated == 0);
    CHECK(judge.violations().empty());
  }
  SECTION("what is gone has vanished") {
    judge.look_at_changes("/out", {{"/out-100", std::nullopt}});
    CHECK(judge.conclude().lost == 2);
    CHECK(judge.violations() == std::vector<std::string>{"/out-100: was visible once and has vanished"});
  }
  SECTION("what is no longer complete has vanished") {
    judge.look_at_changes("/out", {{"/out-100", checker::directory{{"part-00000", text("a\t1\n")}}}});
    CHECK(judge.conclude().lost == 2);
  }
  SECTION("what was changed is noticed") {
    judge.look_at_changes("/out", {{"/out-100", parts("b\t1\n")}});
    CHECK(judge.violations() == std::vector<std::string>{"/out-100: changed after it became visible"});
  }
  SECTION("what nobody told of is noticed when it looks at the whole") {
    judge.look("/out", {{"/out-100", parts("a\t2\n")}, {"/out-200", parts("b\t1\n")}});
    CHECK(judge.violations() == std::vector<std::string>{"/out-100: changed after it became visible"});
  }
}
