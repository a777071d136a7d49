#include "libstream/plan/lower.hpp"

#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "libstream/testing/test_driver.hpp"

using namespace weir;

namespace {

std::shared_ptr<const plan::physical_plan> plan_of(const application& build) {
  stream_context ctx;
  build(ctx);
  auto lowered = ctx.plan();
  REQUIRE(lowered);
  return *lowered;
}

error refusal_of(const application& build) {
  stream_context ctx;
  build(ctx);
  auto lowered = ctx.plan();
  REQUIRE_FALSE(lowered);
  return lowered.error();
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// Words without the fast splitter, which is another room's.
std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < line.size();
       at = line.find(' ', at) == std::string_view::npos ? line.size() : line.find(' ', at) + 1)
    words.push_back(line.substr(at, line.find(' ', at) - at));
  return words;
}

void word_count(stream_context& ctx) {
  ctx.text_input().flat_map(words_of).count_by_value().named("counts").write_to(ctx.output());
}

} // namespace

TEST_CASE("a shuffle cuts the plan into two stages", "[lower]") {
  auto plan = plan_of(word_count);
  REQUIRE(plan->stages().size() == 2);
  auto& map = plan->stages()[0];
  auto& reduce = plan->stages()[1];
  CHECK(map.reads_text);
  CHECK(map.reads.empty());
  CHECK(map.outputs.empty());
  CHECK_FALSE(reduce.reads_text);
  CHECK(reduce.writes.empty());
  CHECK(map.writes == reduce.reads);
  REQUIRE(plan->shuffles().size() == 1);
  CHECK(plan->shuffles()[0].reader == reduce.index);
  CHECK(plan->shuffles()[0].writers == std::vector{map.index});
  REQUIRE(plan->outputs().size() == 1);
  CHECK(plan->outputs()[0].name == "counts");
  CHECK(plan->outputs()[0].named);
}

TEST_CASE("stages come after those that they read from, and positions are their numbers", "[lower]") {
  auto plan = plan_of([](stream_context& ctx) {
    auto words = ctx.text_input().flat_map(words_of).count_by_value();
    words.map([](const auto& pair) {
           return std::pair{pair.second, pair.first.size()};
         })
      .reduce_by_key([](std::size_t a, std::size_t b) { return a + b; })
      .count()
      .print();
    words.print();
    ctx.text_input().print();
  });
  CHECK(plan->stages().size() == 4);
  for (std::size_t i = 0; i < plan->stages().size(); ++i) {
    auto& stage = plan->stages()[i];
    CHECK(stage.index.value == i);
    for (auto read : stage.reads)
      for (auto writer : plan->shuffles()[read.value].writers)
        CHECK(writer < stage.index);
  }
  CHECK(plan->stages().back().always_due);
}

TEST_CASE("the fingerprint depends on names, kinds and types, and on nothing else", "[lower]") {
  auto plan = plan_of(word_count);
  CHECK(plan->fingerprint() == plan_of(word_count)->fingerprint());
  CHECK(contains(plan->description(), "counts = count_by_value"));
  auto renamed =
    plan_of([](stream_context& ctx) { ctx.text_input().flat_map(words_of).count_by_value().named("words").print(); });
  auto longer = plan_of([](stream_context& ctx) {
    ctx.text_input().filter([](auto) { return true; }).flat_map(words_of).count_by_value().named("counts").print();
  });
  auto retyped = plan_of([](stream_context& ctx) {
    ctx.text_input().map([](auto line) { return line.size(); }).count_by_value().named("counts").print();
  });
  auto retyped_again = plan_of([](stream_context& ctx) {
    ctx.text_input()
      .map([](auto line) { return static_cast<int>(line.size()); })
      .count_by_value()
      .named("counts")
      .print();
  });
  std::set<std::uint64_t> all{plan->fingerprint(), renamed->fingerprint(), longer->fingerprint(),
                              retyped->fingerprint(), retyped_again->fingerprint()};
  CHECK(all.size() == 5);
}

TEST_CASE("what cannot run is refused with exit code 78 and the names of those concerned", "[lower]") {
  CHECK(refusal_of([](stream_context&) {}).code == error_code::configuration);
  CHECK(contains(refusal_of([](stream_context& ctx) { ctx.text_input().named("idle"); }).message(), "no output"));
  auto same_prefix = refusal_of([](stream_context& ctx) {
    ctx.text_input().named("lines").write_to(text_files("out"));
    ctx.text_input().count().named("total").write_to(text_files("out"));
  });
  CHECK(same_prefix.code == error_code::configuration);
  CHECK(contains(same_prefix.message(), "'lines'"));
  CHECK(contains(same_prefix.message(), "'total'"));
  auto same_suffix = refusal_of([](stream_context& ctx) {
    ctx.text_input().named("lines").save_as_text_files("out", "log");
    ctx.text_input().count().named("total").save_as_object_files("out", "log");
  });
  CHECK(contains(same_suffix.message(), "text:out with suffix log"));
  auto same_name = refusal_of([](stream_context& ctx) {
    ctx.text_input().count().named("n").print();
    ctx.text_input().count_by_value().named("n").print();
  });
  CHECK(contains(same_name.message(), "'n'"));
}

TEST_CASE("the same task gives the same bytes each time, from one plan or from two", "[lower]") {
  std::string text;
  for (int i = 0; i < 5000; ++i)
    text += "w" + std::to_string(i * i % 997) + (i % 7 ? " " : "\n");
  auto bytes = std::make_shared<const std::string>(text + std::string(limits::read_padding, '\0'));
  std::vector<plan::inline_batch::split> splits;
  for (auto half : {std::string_view{*bytes}.substr(0, text.size() / 2),
                    std::string_view{*bytes}.substr(text.size() / 2, text.size() - text.size() / 2)})
    splits.push_back({{{half, bytes}}});
  auto run = [&](std::uint64_t seed) {
    auto staged = plan::inline_batch{plan_of(word_count), 5, seed}.run(batch_id{9}, 9000, splits);
    REQUIRE(staged);
    std::string all;
    for (auto& part : *staged)
      all += std::to_string(part.part) + ":" + part.bytes;
    return all;
  };
  CHECK(run(1) == run(1));
  CHECK(run(1) != run(2)); // the seed chooses the partitions
}

TEST_CASE("an exception of a user function names operator, batch, partition and record", "[lower]") {
  auto failing = [](auto make) {
    testing::test_driver driver{make, {3, 1, 1000}};
    driver.push({"fine"}).step().push({"fine", "poison"});
    try {
      driver.step();
    } catch (const plan::plan_error& thrown) {
      return thrown.why();
    }
    return error{};
  };
  auto check = [](auto x) {
    if (x == "poison")
      throw std::runtime_error{"cannot parse it"};
    return x;
  };
  auto in_map = failing([&](stream_context& ctx) {
    ctx.text_input().filter([](auto) { return true; }).map(check).named("parse").count_by_value().print();
  });
  CHECK(in_map.code == error_code::failed);
  INFO(in_map.message());
  for (auto part : {"cannot parse it", "operator parse", "batch 2", "partition 1", "record 0 \"poison\""})
    CHECK(contains(in_map.message(), part));

  auto in_reduce = failing([](stream_context& ctx) {
    ctx.text_input()
      .map([](auto) {
        return std::pair{1, 1};
      })
      .reduce_by_key([](int, int) -> int { throw 5; })
      .named("sum")
      .print();
  });
  CHECK(contains(in_reduce.message(), "operator sum"));
}

TEST_CASE("outputs may share a prefix if their suffixes differ", "[lower]") {
  auto plan = plan_of([](stream_context& ctx) {
    ctx.text_input().named("lines").save_as_text_files("out", "log");
    ctx.text_input().count().named("total").save_as_text_files("out", "csv");
    ctx.text_input().count_by_value().named("counts").write_to(text_files("out"));
  });
  CHECK(plan->outputs().size() == 3);
}

TEST_CASE("values behind unions of unions come in the order in which the inputs were united", "[lower]") {
  testing::test_driver driver{[](stream_context& ctx) {
    auto of = [&](const std::string& name) {
      return ctx.text_input().map([name](std::string_view line) { return std::pair{1, name + std::string{line}}; });
    };
    auto joined = [](const std::vector<std::string>& all) {
      std::string text;
      for (auto& each : all)
        text += each;
      return text;
    };
    auto ab = of("a").union_with(of("b"));
    ab.union_with(of("c")).group_by_key().map_values(joined).named("left").print();
    of("c").union_with(ab).group_by_key().map_values(joined).named("right").print();
  }};
  driver.push({"1"}).step();
  CHECK(driver.output("left") == testing::rows{{1, "a1b1c1"}});
  CHECK(driver.output("right") == testing::rows{{1, "c1a1b1"}});
}
