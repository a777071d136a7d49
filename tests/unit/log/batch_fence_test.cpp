#include "libstream/log/batch_fence.hpp"

#include <csignal>
#include <cstdio>

#include <catch2/catch.hpp>

#include "libstream/log/memory_store.hpp"
#include "tests/unit/log/scratch.hpp"

using namespace weir;
using namespace weir::log;

namespace {

batch_record batch(std::uint64_t number, std::uint32_t amendment = 0) {
  batch_record record;
  record.id = batch_id{number};
  record.time_ms = static_cast<std::int64_t>(number) * 100;
  record.amendment.number = amendment;
  return record;
}

commit_record commit_of(std::uint64_t number) {
  commit_record record;
  record.id = batch_id{number};
  record.time_ms = static_cast<std::int64_t>(number) * 100;
  return record;
}

/// A coordinator has claimed epoch 1.
batch_fence claimed_fence() {
  batch_fence fence;
  REQUIRE(fence.claim(100, epoch{0}) == verdict::written);
  return fence;
}

constexpr epoch by{1};

} // namespace

TEST_CASE("a coordinator's epoch rises once an incarnation", "[batch_fence]") {
  batch_fence fence;
  CHECK(fence.claim(100, epoch{0}) == verdict::written);
  CHECK(fence.coordinator() == epoch{1});
  CHECK(fence.claim(100, epoch{0}) == verdict::repeated);
  CHECK(fence.coordinator() == epoch{1});
  CHECK(fence.claim(200, epoch{1}) == verdict::written);
  CHECK(fence.coordinator() == epoch{2});
}

TEST_CASE("the claim of an older incarnation that comes late raises nothing", "[batch_fence]") {
  batch_fence fence;
  CHECK(fence.claim(100, epoch{0}) == verdict::written);
  CHECK(fence.claim(200, epoch{1}) == verdict::written);
  auto before = fence;
  for (auto late : {epoch{0}, epoch{1}, epoch{3}}) { // once more, and of one that never was the newest
    CHECK(fence.claim(100, late) == verdict::superseded);
    CHECK(fence.claim(300, late) == verdict::superseded);
  }
  CHECK(fence == before);
  CHECK(fence.claim(300, epoch{2}) == verdict::written); // it has looked again
  CHECK(fence.coordinator() == epoch{3});
}

TEST_CASE("a batch is sealed, committed and finished once, by the newest coordinator only", "[batch_fence]") {
  auto fence = claimed_fence();
  CHECK(fence.seal(by, batch(5), {}) == verdict::written);
  CHECK(fence.seal(by, batch(5), {}) == verdict::repeated);
  CHECK(fence.commit(by, commit_of(5)) == verdict::written);
  CHECK(fence.commit(by, commit_of(5)) == verdict::repeated);
  CHECK(fence.finish(by, batch_id{5}) == verdict::written);
  CHECK(fence.finish(by, batch_id{5}) == verdict::repeated);
  CHECK(fence.commit(by, commit_of(5)) == verdict::repeated);
  CHECK(fence.seal(by, batch(6), batch_id{5}) == verdict::written);
  fence.claim(200, epoch{1});
  for (auto other : {by, epoch{3}, epoch{}}) { // an older one, and such that nobody was given
    CHECK(fence.judge_seal(other, batch_id{7}, batch_id{6}) == verdict::refused);
    CHECK(fence.seal(other, batch(7), batch_id{6}) == verdict::refused);
    CHECK(fence.amend(other, batch(6, 1)) == verdict::refused);
    CHECK(fence.commit(other, commit_of(6)) == verdict::refused);
    CHECK(fence.finish(other, batch_id{5}) == verdict::refused);
  }
  CHECK(fence.commit(epoch{2}, commit_of(6)) == verdict::written);
}

TEST_CASE("a step waits for those that it rests on, and changes nothing meanwhile", "[batch_fence]") {
  auto fence = claimed_fence();
  auto before = fence;
  CHECK(fence.seal(by, batch(3), batch_id{2}) == verdict::wait); // batch 2 has not come
  CHECK(fence.amend(by, batch(2, 1)) == verdict::wait);
  CHECK(fence.commit(by, commit_of(2)) == verdict::wait);
  CHECK(fence.finish(by, batch_id{2}) == verdict::wait);
  CHECK(fence == before);
  CHECK(fence.seal(by, batch(2), {}) == verdict::written);
  CHECK(fence.finish(by, batch_id{2}) == verdict::wait); // of a batch that is not committed
  CHECK(fence.seal(by, batch(3), batch_id{2}) == verdict::written);
  CHECK(fence.commit(by, commit_of(2)) == verdict::written);
  CHECK(fence.finish(by, batch_id{2}) == verdict::written);
}

// A log writer that died had committed batch 2 and not 3, and is asked for 4 first.
TEST_CASE("a batch never commits before one that was sealed before it, also behind a start (seed 3588)",
          "[batch_fence]") {
  auto fence = claimed_fence();
  for (std::uint64_t number : {2, 3, 4})
    CHECK(fence.seal(by, batch(number), batch_id{number - 1 == 1 ? 0 : number - 1}) == verdict::written);
  CHECK(fence.commit(by, commit_of(3)) == verdict::wait);
  CHECK(fence.commit(by, commit_of(2)) == verdict::written);
  CHECK(fence.commit(by, commit_of(4)) == verdict::wait);

  memory_store store;
  transaction changes;
  put_claim(changes, fence.claimed());
  sealed_positions positions;
  for (std::uint64_t number : {2, 3, 4})
    seal(changes, positions, batch(number));
  commit(changes, commit_of(2));
  REQUIRE(store.commit(changes).has_value());
  auto loaded = batch_fence::load(store);
  REQUIRE(loaded.has_value());
  CHECK(*loaded == fence);
  CHECK(loaded->commit(by, commit_of(4)) == verdict::wait);
  CHECK(loaded->commit(by, commit_of(2)) == verdict::repeated);
  CHECK(loaded->commit(by, commit_of(3)) == verdict::written);
  CHECK(loaded->commit(by, commit_of(4)) == verdict::written);
}

TEST_CASE("an amendment is written once, while its batch is sealed and not committed", "[batch_fence]") {
  auto fence = claimed_fence();
  CHECK(fence.seal(by, batch(5, 2), {}) == verdict::written);
  CHECK(fence.amend(by, batch(5, 2)) == verdict::repeated); // it was sealed with that one
  CHECK(fence.amend(by, batch(5, 3)) == verdict::written);
  CHECK(fence.amend(by, batch(5, 3)) == verdict::repeated);
  CHECK(fence.amend(by, batch(5, 5)) == verdict::written);  // has all of the fourth
  CHECK(fence.amend(by, batch(5, 4)) == verdict::repeated); // late: the newer one stays
  CHECK(fence.amend(by, batch(4, 1)) == verdict::repeated); // of a batch that is gone
  CHECK(fence.commit(by, commit_of(5)) == verdict::written);
  CHECK(fence.amend(by, batch(5, 6)) == verdict::repeated); // what is committed never changes
}

TEST_CASE("an amendment that changes the input of its batch ends the process", "[batch_fence]") {
  auto fence = claimed_fence();
  auto sealed = batch(5);
  sealed.splits = {{{{input_id{1}, epoch{1}, block_sequence{1}, block_sequence{4}}}, {}, 1}};
  CHECK(fence.seal(by, sealed, {}) == verdict::written);
  auto cut_otherwise = sealed; // the same blocks
  cut_otherwise.splits = {{{{input_id{1}, epoch{1}, block_sequence{1}, block_sequence{1}}}, {}, 1},
                          {{{input_id{1}, epoch{1}, block_sequence{2}, block_sequence{4}}}, {}, 1}};
  CHECK(joined_blocks(cut_otherwise) == joined_blocks(sealed));
  auto others = sealed;
  others.amendment.number = 1;
  others.splits.front().blocks.front().last = block_sequence{5};
  CHECK(weir::testing::in_child([&] {
          std::fclose(stderr);
          std::signal(SIGABRT, SIG_DFL);
          fence.amend(by, others);
          return 0;
        }) == 128 + SIGABRT);
}

TEST_CASE("a fence is loaded with who has claimed the log, also from a version that did not note it", "[batch_fence]") {
  memory_store store;
  transaction older;
  put_coordinator_epoch(older, epoch{4});
  REQUIRE(store.commit(older).has_value());
  auto loaded = batch_fence::load(store);
  REQUIRE(loaded.has_value());
  CHECK(loaded->coordinator() == epoch{4});
  CHECK(loaded->claim(100, epoch{4}) == verdict::written);
  transaction claim;
  put_claim(claim, loaded->claimed());
  REQUIRE(store.commit(claim).has_value());
  CHECK(batch_fence::load(store)->claim(100, epoch{4}) == verdict::repeated);

  transaction by_older_again; // which leaves the claim of epoch 5 where it is
  put_coordinator_epoch(by_older_again, epoch{6});
  REQUIRE(store.commit(by_older_again).has_value());
  auto again = batch_fence::load(store);
  CHECK(again->claim(100, epoch{6}) == verdict::written);
  CHECK(again->coordinator() == epoch{7});
}

TEST_CASE("a log that does not verify is not guessed at", "[batch_fence]") {
  memory_store store;
  transaction changes;
  put_claim(changes, {epoch{4}, 9});
  REQUIRE(store.commit(changes).has_value());
  for (auto key : {"coordinator", "claim"}) {
    REQUIRE(store.damage(table::meta, key, 3));
    auto loaded = batch_fence::load(store);
    REQUIRE_FALSE(loaded.has_value());
    CHECK(loaded.error().code == error_code::corrupt);
    REQUIRE(store.damage(table::meta, key, 3)); // mended
  }
}
