#include "actors/batch_coordinator/open_batches.hpp"

#include <catch2/catch.hpp>

using namespace weir;
using namespace weir::actors;
using state = batch_progress::state;

namespace {

/// One with a block of 10 bytes, of which it stages 3.
batch_progress batch_of(std::uint64_t number, state where) {
  log::batch_record record;
  record.id = batch_id{number};
  record.bytes = 10;
  record.splits.resize(1);
  record.splits[0].blocks.push_back({input_id{0}, epoch{1}, block_sequence{number}, block_sequence{number}});
  batch_progress batch{record, 1};
  attempt only{epoch{1}, view_id{1}};
  batch.announced(only);
  if (where == state::open)
    return batch;
  batch.task_finished(only, stage_index{0}, task_index{0}, {{"counts", 0, 3, 1, 0}}, 1);
  batch.stage(epoch{1});
  if (where >= state::committed)
    batch.commit_logged({output_index{0}});
  if (where == state::published)
    batch.output_published(output_index{0});
  return batch;
}

} // namespace

TEST_CASE("bounds count batches by where they stand, and the bytes of those that wait for outputs", "[open_batches]") {
  open_batches batches;
  auto number = 0u;
  for (auto where : {state::published, state::committed, state::committed, state::staged, state::open}) {
    ++number;
    batches.emplace(batch_id{number}, batch_of(number, where));
  }
  CHECK(count_of(batches, state::open, state::staged) == 2);
  CHECK(count_of(batches, state::committed, state::committed) == 2);
  CHECK(unpublished_bytes_of(batches).staged == 6);
  CHECK(unpublished_bytes_of(batches).input == 20);
  auto takes = [&](std::uint64_t sequence) {
    return any_takes(batches, {input_id{0}, epoch{1}, block_sequence{sequence}});
  };
  CHECK_FALSE(takes(1));
  CHECK_FALSE(takes(3)); // committed: used up
  CHECK(takes(4));
  CHECK(takes(5));
  CHECK_FALSE(takes(6));
  CHECK_FALSE(any_takes(batches, {input_id{1}, epoch{1}, block_sequence{5}}));
}

TEST_CASE("what is sealed only because something is always due is no input, also after a restart", "[open_batches]") {
  open_batches batches;
  CHECK_FALSE(any_has_input(batches));
  log::batch_record empty;
  empty.id = batch_id{1};
  batches.emplace(empty.id, batch_progress{empty, 1});
  log::commit_record of_nothing;
  of_nothing.id = batch_id{2};
  of_nothing.parts.push_back({"count", 0, 2, 1, 0}); // a zero
  batches.emplace(of_nothing.id, batch_progress{of_nothing, {output_index{0}}});
  CHECK_FALSE(any_has_input(batches));
  auto where = GENERATE(state::open, state::committed);
  batches.emplace(batch_id{3}, batch_of(3, where));
  CHECK(any_has_input(batches));
  batches.erase(batch_id{3});
  of_nothing.id = batch_id{4};
  of_nothing.records = 5;
  batches.emplace(of_nothing.id, batch_progress{of_nothing, {output_index{0}}});
  CHECK(any_has_input(batches));
}

// The input of batches that were committed before a restart was not counted, so as much again was sealed after each.
TEST_CASE("a batch that waits for its outputs counts with its input after a restart, too", "[open_batches]") {
  log::commit_record commit;
  commit.id = batch_id{7};
  commit.parts.push_back({"counts", 0, 20, 1, 0});
  open_batches batches;
  batches.emplace(commit.id, batch_progress{commit, {output_index{0}}, 300});
  CHECK(unpublished_bytes_of(batches).input == 300);
  CHECK(unpublished_bytes_of(batches).staged == 20);
}
