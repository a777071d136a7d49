#include "actors/node/exchange.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/actors/node/text_runs.hpp"

using namespace weir;
using namespace weir::actors;
using weir::testing::fake_scratch;
using weir::testing::text_plan;
using weir::testing::text_run;

namespace {

constexpr attempt first{epoch{1}, view_id{1}}, second{epoch{1}, view_id{2}};
constexpr shuffle_index shuffle{0};

plan::shuffle_output output_of(const std::vector<std::string>& texts, bool encodable = true) {
  plan::shuffle_output made{shuffle, {}};
  for (auto& text : texts)
    made.runs.push_back(text.empty() ? nullptr : std::make_shared<text_run>(text, encodable));
  return made;
}

struct node {
  std::shared_ptr<fake_scratch> disk = std::make_shared<fake_scratch>();
  exchange between;
  text_plan plan;

  explicit node(std::uint64_t budget) { between.bound(budget, disk); }

  void push(std::uint64_t batch, std::uint32_t map, const std::vector<std::string>& texts, const attempt& of = first) {
    REQUIRE(between.push(of, batch_id{batch}, task_index{map}, output_of(texts)).has_value());
  }
  std::vector<std::string> collect(std::uint64_t batch, std::uint32_t partition, const attempt& of = first) {
    auto runs = between.collect(plan, of, batch_id{batch}, shuffle, partition_index{partition});
    REQUIRE(runs.has_value());
    std::vector<std::string> texts;
    for (auto& run : *runs)
      texts.push_back(dynamic_cast<const text_run&>(*run).text());
    return texts;
  }
};

using texts = std::vector<std::string>;

} // namespace

TEST_CASE(
  "what does not fit into the exchange's memory lies in the scratch file, and all comes back in map-index order",
  "[exchange]") {
  node at{10};
  at.push(1, 2, {"cc", "C"});
  at.push(1, 0, {"aaaa", ""});
  CHECK(at.between.held_bytes() == 7);
  at.push(1, 1, {"bbbb", "B"}); // five more than there are
  CHECK(at.between.held_bytes() == 7);
  CHECK(at.between.spilled_bytes() > 0);
  CHECK(at.collect(1, 0) == texts{"aaaa", "bbbb", "cc"});
  CHECK(at.collect(1, 1) == texts{"B", "C"});
  CHECK(at.collect(1, 2).empty());
}

TEST_CASE("there is no room for a younger batch if what it will probably make would have to be spilled", "[exchange]") {
  node at{85};
  at.push(1, 0, {std::string(60, 'a')});
  CHECK_FALSE(at.between.has_room());
  at.between.drop(batch_id{1});
  CHECK(at.between.has_room()); // with nothing else there, as large as it may be
  at.push(2, 0, {std::string(40, 'b')});
  CHECK_FALSE(at.between.has_room()); // 53 more are expected still
  at.push(2, 1, {"c"});
  CHECK_FALSE(at.between.has_room());
  for (std::uint32_t map = 2; map < 10; ++map)
    at.push(2, map, {"c"});
  CHECK(at.between.has_room()); // outputs have become small
  CHECK(at.between.spilled_bytes() == 0);
}

TEST_CASE("a budget of nothing spills everything, and there is never room", "[exchange]") {
  node at{0};
  CHECK_FALSE(at.between.has_room());
  at.push(1, 0, {"a", "", "b"});
  CHECK(at.between.held_bytes() == 0);
  CHECK(at.collect(1, 0) == texts{"a"});
  CHECK(at.collect(1, 1).empty());
  CHECK(at.collect(1, 2) == texts{"b"});
}

TEST_CASE("large outputs are written in pieces, each partition whole", "[exchange]") {
  node at{0};
  texts large;
  for (std::uint32_t p = 0; p < 7; ++p)
    large.emplace_back(p * limits::mib / 2, static_cast<char>('a' + p));
  at.push(1, 0, large);
  for (std::uint32_t p = 1; p < 7; ++p)
    CHECK(at.collect(1, p) == texts{large[p]});
}

TEST_CASE("memory and scratch room come back when a batch is dropped, and with it all before", "[exchange]") {
  node at{6};
  for (std::uint64_t batch : {1, 2, 3})
    at.push(batch, 0, {"four", "!"});
  CHECK_FALSE(at.collect(1, 0).empty());
  CHECK(at.between.held_bytes() == 5);
  CHECK(at.disk->held > 0);
  at.between.drop(batch_id{2});
  CHECK(at.between.held_bytes() == 0);
  CHECK(at.collect(1, 0).empty());
  CHECK(at.collect(3, 0) == texts{"four"});
  at.push(2, 0, {"late"}); // by a task that nobody waits for any more
  CHECK(at.between.held_bytes() == 0);
  at.between.drop(batch_id{3});
  CHECK(at.disk->held == 0);
}

TEST_CASE("a newer attempt replaces what an older one left, and an older one is refused", "[exchange]") {
  node at{100};
  at.push(1, 0, {"old"});
  at.push(1, 1, {"older"});
  at.push(1, 0, {"new!"}, second);
  CHECK(at.between.held_bytes() == 4);
  CHECK(at.collect(1, 0).empty());
  CHECK(at.collect(1, 0, second) == texts{"new!"});
  at.push(1, 1, {"late"});
  CHECK(at.between.held_bytes() == 4);
  at.push(1, 0, {"again"}, second); // a repeated task counts once
  CHECK(at.between.held_bytes() == 5);
}

TEST_CASE("a newer coordinator's word frees what older ones announced, also batches that it will never seal",
          "[exchange]") {
  constexpr attempt newer{epoch{2}, view_id{1}};
  node at{100};
  at.push(1, 0, {"aaaa"});
  at.push(900, 0, {"bbb"}, second);
  at.push(2, 0, {"cc"}, newer);
  at.between.drop_before(epoch{2});
  CHECK(at.between.held_bytes() == 2);
  CHECK(at.collect(900, 0, second).empty());
  CHECK(at.collect(2, 0, newer) == texts{"cc"});
  at.push(901, 0, {"late"}); // by a task that ran meanwhile
  at.between.drop_before(epoch{1});
  CHECK(at.between.held_bytes() == 2);
  at.push(1, 0, {"aaaa"}, newer);
  CHECK(at.collect(1, 0, newer) == texts{"aaaa"});
}

TEST_CASE("what a reader has in hand survives the drop of its batch", "[exchange]") {
  node at{0};
  at.push(1, 0, {"spilled"});
  auto runs = at.between.collect(at.plan, first, batch_id{1}, shuffle, partition_index{0});
  at.between.drop(batch_id{1});
  at.push(2, 0, {"another"});
  REQUIRE((runs && runs->size() == 1));
  CHECK(dynamic_cast<const text_run&>(*runs->front()).text() == "spilled");
}

TEST_CASE("a full disk is an error, keeps nothing, and later pushes may succeed", "[exchange]") {
  node at{4};
  at.disk->full = true;
  at.push(1, 0, {"fits"});
  auto refused = at.between.push(first, batch_id{1}, task_index{1}, output_of({"does not"}));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == error_code::disk);
  CHECK(at.collect(1, 0) == texts{"fits"});
  at.disk->full = false;
  at.push(1, 1, {"does now"});
  CHECK(at.collect(1, 0) == texts{"fits", "does now"});
}

TEST_CASE("bytes that come back altered are an error, never data", "[exchange]") {
  node at{0};
  at.push(1, 0, {"some bytes"});
  at.disk->damaged = true;
  auto runs = at.between.collect(at.plan, first, batch_id{1}, shuffle, partition_index{0});
  REQUIRE_FALSE(runs.has_value());
  CHECK(runs.error().code == error_code::corrupt);
}

TEST_CASE("a run that cannot be encoded stays in memory and counts there", "[exchange]") {
  node at{3};
  REQUIRE(at.between.push(first, batch_id{1}, task_index{0}, output_of({"closed", "x"}, false)).has_value());
  CHECK(at.between.held_bytes() == 7);
  CHECK_FALSE(at.between.has_room());
  CHECK(at.collect(1, 0) == texts{"closed"});
}
