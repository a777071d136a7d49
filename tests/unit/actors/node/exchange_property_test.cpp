#include <map>
#include <rapidcheck.h>

#include <catch2/catch.hpp>

#include "actors/node/exchange.hpp"
#include "tests/property.hpp"
#include "tests/unit/actors/node/text_runs.hpp"

using namespace weir;
using namespace weir::actors;
using weir::testing::fake_scratch;
using weir::testing::text_plan;
using weir::testing::text_run;

namespace {

constexpr std::uint32_t partitions = 3;
constexpr shuffle_index shuffles[] = {shuffle_index{0}, shuffle_index{1}};

attempt attempt_of(std::uint32_t number) { return {epoch{1}, view_id{1 + number}}; }

/// What an exchange must hold, by plain maps; it never drops a batch's number from its memory.
class model {
public:
  using texts = std::vector<std::string>;

  void push(std::uint32_t of, std::uint64_t batch, std::uint32_t map, std::uint32_t shuffle, const texts& made) {
    if (batch <= dropped_ || (newest_.contains(batch) && of < newest_[batch]))
      return;
    if (newest_.contains(batch) && newest_[batch] < of)
      held_.erase(batch);
    newest_[batch] = of;
    held_[batch][shuffle][map] = made;
  }
  void drop(std::uint64_t through) {
    dropped_ = std::max(dropped_, through);
    held_.erase(held_.begin(), held_.upper_bound(dropped_));
  }
  texts collect(std::uint32_t of, std::uint64_t batch, std::uint32_t shuffle, std::uint32_t partition) const {
    texts all;
    auto held = held_.find(batch);
    if (held == held_.end() || newest_.at(batch) != of || !held->second.contains(shuffle))
      return all;
    for (auto& [map, made] : held->second.at(shuffle))
      if (!made[partition].empty())
        all.push_back(made[partition]);
    return all;
  }
  std::uint64_t bytes() const {
    std::uint64_t sum = 0;
    for (auto& [batch, by_shuffle] : held_)
      for (auto& [shuffle, by_map] : by_shuffle)
        for (auto& [map, made] : by_map)
          for (auto& text : made)
            sum += text.size();
    return sum;
  }

private:
  std::map<std::uint64_t, std::map<std::uint32_t, std::map<std::uint32_t, texts>>> held_;
  std::map<std::uint64_t, std::uint32_t> newest_;
  std::uint64_t dropped_ = 0;
};

model::texts drawn_texts() {
  model::texts made;
  for (std::uint32_t i = 0; i < partitions; ++i)
    made.emplace_back(*rc::gen::inRange<std::size_t>(0, 12), static_cast<char>('a' + *rc::gen::inRange(0, 26)));
  return made;
}

plan::shuffle_output output_of(const model::texts& made, std::uint32_t shuffle) {
  plan::shuffle_output output{shuffles[shuffle], {}};
  for (auto& text : made)
    output.runs.push_back(text.empty() ? nullptr : std::make_shared<text_run>(text));
  return output;
}

} // namespace

TEST_CASE("an exchange used for many batches, attempts and repeats holds what plain maps hold, within its memory",
          "[exchange]") {
  weir::testing::check_property("against plain maps", [](std::uint8_t budget) {
    auto disk = std::make_shared<fake_scratch>();
    exchange subject;
    subject.bound(budget, disk);
    model expected;
    text_plan plan;
    for (auto steps = *rc::gen::inRange(0, 60); steps > 0; --steps) {
      auto batch = *rc::gen::inRange<std::uint64_t>(1, 7);
      if (*rc::gen::inRange(0, 8) == 0) {
        subject.drop(batch_id{batch});
        expected.drop(batch);
        continue;
      }
      auto of = *rc::gen::inRange<std::uint32_t>(0, 3), map = *rc::gen::inRange<std::uint32_t>(0, 4),
           shuffle = *rc::gen::inRange<std::uint32_t>(0, 2);
      auto made = drawn_texts();
      RC_ASSERT(subject.push(attempt_of(of), batch_id{batch}, task_index{map}, output_of(made, shuffle)).has_value());
      expected.push(of, batch, map, shuffle, made);
      RC_ASSERT(subject.held_bytes() <= budget);
      RC_ASSERT(subject.held_bytes() <= expected.bytes());
      RC_ASSERT(!subject.has_room() || subject.held_bytes() < budget);
      RC_ASSERT(subject.has_room() || subject.held_bytes() > 0 || budget == 0);
    }
    for (std::uint64_t batch = 1; batch < 7; ++batch)
      for (std::uint32_t of = 0; of < 3; ++of)
        for (std::uint32_t shuffle = 0; shuffle < 2; ++shuffle)
          for (std::uint32_t partition = 0; partition < partitions; ++partition) {
            auto runs =
              subject.collect(plan, attempt_of(of), batch_id{batch}, shuffles[shuffle], partition_index{partition});
            RC_ASSERT(runs.has_value());
            model::texts texts;
            for (auto& run : *runs)
              texts.push_back(dynamic_cast<const text_run&>(*run).text());
            RC_ASSERT(texts == expected.collect(of, batch, shuffle, partition));
          }
    subject.drop(batch_id{7});
    RC_ASSERT(subject.held_bytes() == 0);
    RC_ASSERT(disk->held == 0);
  });
}
