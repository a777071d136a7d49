#include "actors/node/message_parts.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

#include "actors/batch_coordinator/messages.hpp"
#include "actors/checkpoint_writer/messages.hpp"
#include "actors/partition_executor/messages.hpp"
#include "libstream/base/limits.hpp"

using namespace weir;
using namespace weir::actors;

namespace {

run_batch long_batch(std::size_t splits, std::size_t excluded) {
  run_batch message{{epoch{1}, view_id{2}}, {}, placement::of_one_node(2)};
  message.record.id = batch_id{9};
  for (std::size_t i = 0; i < splits; ++i)
    message.record.splits.push_back(
      {{}, {{input_id{0}, "file-" + std::to_string(i), 10, 1, 0, 10}}, static_cast<std::uint64_t>(i)});
  for (std::size_t i = 0; i < excluded; ++i)
    message.record.amendment.excluded.push_back({stage_index{0}, task_index{0}, i, "parse", "no number"});
  return message;
}

} // namespace

TEST_CASE("a short message is left as it is", "[message_parts]") {
  auto parts = parts_of(long_batch(10, 10));
  REQUIRE(parts.size() == 1);
  CHECK(parts[0].part == message_part{0, 1});
  joined_parts<run_batch> joined;
  CHECK(joined.take(parts[0]) == &parts[0]);
}

TEST_CASE("a long message is whole again in whatever order its parts come, and however often", "[message_parts]") {
  auto whole = long_batch(3000, 1500);
  auto parts = parts_of(whole);
  REQUIRE(parts.size() > 2);
  for (auto& part : parts)
    CHECK(length_of(part).fits());
  auto by_number = [](auto& a, auto& b) { return a.part.number < b.part.number; };
  do {
    joined_parts<run_batch> joined;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      CHECK(joined.take(parts[i]) == nullptr);
      CHECK(joined.take(parts[i]) == nullptr);
    }
    auto back = joined.take(parts.back());
    REQUIRE(back);
    CHECK(back->record == whole.record);
    CHECK(back->owners == whole.owners);
    CHECK(joined.incomplete() == 0);
  } while (std::next_permutation(parts.begin(), parts.end(), by_number));
}

TEST_CASE("parts of different messages are not mixed", "[message_parts]") {
  auto first = parts_of(long_batch(3000, 3000));
  auto other = long_batch(3000, 3000);
  other.attempt.view = view_id{3};
  auto second = parts_of(other);
  joined_parts<run_batch> joined;
  for (std::size_t i = 0; i < first.size(); ++i) {
    auto last = i + 1 == first.size();
    CHECK((joined.take(first[i]) != nullptr) == last);
    auto back = joined.take(second[i]);
    CHECK((back != nullptr) == last);
    if (back)
      CHECK(back->attempt.view == view_id{3});
  }
}

TEST_CASE("parts are split by their bytes, too", "[message_parts]") {
  task_poisoned message{{}, batch_id{1}, false, {}, "no"};
  message.excluded.resize(2000);
  for (auto& each : message.excluded)
    each.problem = std::string(limits::problem_bytes, 'x');
  auto parts = parts_of(message);
  CHECK(parts.size() > 1);
  for (auto& part : parts)
    CHECK(length_of(part).fits());
}

TEST_CASE("of what never becomes complete only a little is kept", "[message_parts]") {
  joined_parts<commit_batch> joined;
  for (std::uint64_t i = 0; i < 100; ++i) {
    commit_batch part{epoch{1}, {}, {0, 2}};
    part.record.id = batch_id{i};
    CHECK(joined.take(part) == nullptr);
  }
  CHECK(joined.incomplete() == joined_parts<commit_batch>::most_incomplete);
  CHECK(joined.take({epoch{1}, {}, {5, 2}}) == nullptr);
  CHECK(joined.take({epoch{1}, {}, {0, most_message_parts + 1}}) == nullptr);
  CHECK(joined.take({epoch{1}, {}, {0, 0}}) == nullptr);
  commit_batch last{epoch{1}, {}, {1, 2}};
  last.record.id = batch_id{99};
  CHECK(joined.take(last) != nullptr);
}
