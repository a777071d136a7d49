#include "libstream/plan/static_stages.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

#include "libstream/data/buffer.hpp"
#include "libstream/plan/inline_batch.hpp"
#include "libstream/testing/test_driver.hpp"

using namespace weir;

namespace {

/// The records that a plan shows in one batch of so many splits with one line each, in order.
std::string shown(const std::shared_ptr<const plan::physical_plan>& plan, std::uint64_t batch, std::size_t splits) {
  std::vector<plan::inline_batch::split> input;
  for (std::size_t at = 0; at < splits; ++at) {
    auto bytes = std::make_shared<data::buffer>(2);
    bytes->append("x\n");
    input.push_back({{{bytes->view(), bytes}}});
  }
  auto staged = plan::inline_batch{plan, 3, 42}.run(batch_id{batch}, 1000, input);
  REQUIRE(staged.has_value());
  std::string text;
  for (auto& part : *staged)
    text += part.bytes;
  return text;
}

} // namespace

TEST_CASE("static data united with a stream is all there whatever number of splits earlier batches had", "[plan]") {
  auto plan_of = [](auto build) {
    stream_context ctx;
    auto sizes = ctx.text_input().map([](std::string_view line) { return static_cast<int>(line.size()); });
    build(sizes.union_with(dataset<int>::from({5, 3, 4, 2}, 2))).print();
    auto lowered = ctx.plan();
    REQUIRE(lowered);
    return *lowered;
  };
  // Each goes by the places of partitions, and the static ones stand behind those of the input.
  auto sorted = plan_of([](auto all) { return all.sort_by({}, order::ascending, 2); });
  auto numbered = plan_of([](auto all) { return all.zip_with_index(); });
  auto joined = plan_of([](auto all) { return all.coalesce(2); });
  std::uint64_t batch = 0;
  for (std::size_t splits : {1, 0, 3, 0, 2}) {
    ++batch;
    CAPTURE(batch, splits);
    std::string ones, zipped;
    for (std::size_t at = 0; at < splits; ++at) {
      ones += "1\n";
      zipped += "1\t" + std::to_string(at) + "\n";
    }
    CHECK(shown(sorted, batch, splits) == ones + "2\n3\n4\n5\n");
    for (auto record : {5, 3, 4, 2})
      zipped += std::to_string(record) + "\t" + std::to_string(std::count(zipped.begin(), zipped.end(), '\n')) + "\n";
    CHECK(shown(numbered, batch, splits) == zipped);
    CHECK(shown(joined, batch, splits) == ones + "5\n3\n4\n2\n");
  }
}

TEST_CASE("what a static stage has made is found again for the same task under the same terms, and for no other",
          "[plan]") {
  plan::static_stages known;
  known.add(stage_index{1});
  plan::task_input input;
  input.stage = stage_index{1};
  input.index = task_index{2};
  input.partitions = 3;
  input.hash_seed = 42;
  plan::task_result made;
  made.records_in = 5;
  known.keep(input, made);
  auto found = [&](auto change) {
    auto other = input;
    change(other);
    return known.find(other).has_value();
  };
  CHECK(found([](auto& other) { other.batch = batch_id{9}; }));
  CHECK(known.find(input)->records_in == 5);
  CHECK_FALSE(found([](auto& other) { other.partitions = 4; }));
  CHECK_FALSE(found([](auto& other) { other.hash_seed = 43; }));
  CHECK_FALSE(found([](auto& other) { other.index = task_index{1}; }));
  CHECK_FALSE(found([](auto& other) { other.keys.left_out = {7}; }));
  CHECK_FALSE(found([](auto& other) { other.stage = stage_index{0}; }));
}
