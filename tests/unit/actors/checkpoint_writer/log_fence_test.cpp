#include "actors/checkpoint_writer/log_fence.hpp"

#include <algorithm>
#include <random>

#include <catch2/catch.hpp>

#include "libstream/log/batch_log.hpp"
#include "libstream/log/block_log.hpp"
#include "libstream/log/memory_store.hpp"
#include "libstream/log/positions.hpp"

using namespace weir;
using namespace weir::actors;
using verdict = log_fence::verdict;

namespace {

constexpr input_id input{0};

std::vector<log::block_header> headers(epoch of, std::uint64_t first, std::uint64_t last, input_id in = input) {
  std::vector<log::block_header> made;
  for (auto sequence = first; sequence <= last; ++sequence) {
    log::block_header header;
    header.id = {in, of, block_sequence{sequence}};
    made.push_back(header);
  }
  return made;
}

log_fence empty_fence() {
  auto fence = log_fence::load(log::memory_store{});
  REQUIRE(fence.has_value());
  return *fence;
}

verdict append(log_fence& fence, epoch of, std::uint64_t first, std::uint64_t last) {
  auto wanted = headers(of, first, last);
  return fence.append(input, of, wanted);
}

/// A batch of the first epoch's blocks up to `through`; 0 = without blocks.
log::batch_record batch(std::uint64_t number, std::uint64_t through = 0) {
  log::batch_record record;
  record.id = batch_id{number};
  if (through > 0)
    record.splits = {{{{input, epoch{1}, block_sequence{1}, block_sequence{through}}}, {}, 1}};
  return record;
}

} // namespace

TEST_CASE("a coordinator's epoch rises once an incarnation", "[log_fence]") {
  auto fence = empty_fence();
  CHECK(fence.claim(100) == epoch{1});
  CHECK(fence.claim(100) == epoch{1});
  CHECK(fence.claim(200) == epoch{2});
  CHECK(fence.coordinator() == epoch{2});
}

TEST_CASE("an input's epoch rises once an incarnation of its receiver, and starts from its first block",
          "[log_fence]") {
  auto fence = empty_fence();
  auto opened = fence.open(input, 100);
  CHECK(opened.owner == epoch{1});
  CHECK(opened.what == verdict::write);
  CHECK(append(fence, epoch{1}, 1, 3) == verdict::write);
  CHECK(fence.open(input, 100).what == verdict::answer);
  CHECK(fence.last(input) == block_sequence{3});
  CHECK(fence.open(input, 200).owner == epoch{2});
  CHECK(fence.last(input) == block_sequence{});
  CHECK(fence.is_current(input, epoch{2}));
  CHECK_FALSE(fence.is_current(input, epoch{1}));
  CHECK_FALSE(fence.is_current(input_id{1}, epoch{0}));
}

TEST_CASE("blocks of an older epoch are refused", "[log_fence]") {
  auto fence = empty_fence();
  fence.open(input, 100);
  fence.open(input, 200);
  CHECK(append(fence, epoch{1}, 1, 1) == verdict::refuse);
  CHECK(append(fence, epoch{3}, 1, 1) == verdict::refuse);
  CHECK(append(fence, epoch{2}, 1, 1) == verdict::write);
}

TEST_CASE("blocks that were written are only answered, and a gap waits", "[log_fence]") {
  auto fence = empty_fence();
  fence.open(input, 100);
  CHECK(append(fence, epoch{1}, 2, 3) == verdict::wait);
  CHECK(fence.last(input) == block_sequence{});
  CHECK(append(fence, epoch{1}, 1, 2) == verdict::write);
  CHECK(append(fence, epoch{1}, 1, 2) == verdict::answer);
  auto overlapping = headers(epoch{1}, 1, 4);
  CHECK(fence.append(input, epoch{1}, overlapping) == verdict::write);
  CHECK(overlapping == headers(epoch{1}, 3, 4)); // only what is new is written
}

TEST_CASE("a batch is sealed, committed and finished once, by the newest coordinator only", "[log_fence]") {
  auto fence = empty_fence();
  auto by = fence.claim(100);
  CHECK(fence.seal(by, batch(5), batch_id{0}) == verdict::write);
  CHECK(fence.seal(by, batch(5), batch_id{0}) == verdict::answer);
  CHECK(fence.commit(by, batch_id{5}) == verdict::write);
  CHECK(fence.commit(by, batch_id{5}) == verdict::answer);
  CHECK(fence.finish(by, batch_id{5}) == verdict::write);
  CHECK(fence.finish(by, batch_id{5}) == verdict::answer);
  CHECK(fence.seal(by, batch(6), batch_id{5}) == verdict::write);
  fence.claim(200);
  CHECK(fence.seal(by, batch(7), batch_id{6}) == verdict::refuse);
  CHECK(fence.commit(by, batch_id{6}) == verdict::refuse);
  CHECK(fence.finish(by, batch_id{5}) == verdict::refuse);
}

TEST_CASE("steps wait for those before them that were lost", "[log_fence]") {
  auto fence = empty_fence();
  auto by = fence.claim(100);
  CHECK(fence.seal(by, batch(3), batch_id{2}) == verdict::wait); // batch 2 has not come
  CHECK(fence.commit(by, batch_id{2}) == verdict::wait);
  CHECK(fence.seal(by, batch(2), batch_id{0}) == verdict::write);
  CHECK(fence.seal(by, batch(3), batch_id{2}) == verdict::write);
  CHECK(fence.commit(by, batch_id{3}) == verdict::wait); // in the order in which they were sealed
  CHECK(fence.commit(by, batch_id{2}) == verdict::write);
  CHECK(fence.commit(by, batch_id{3}) == verdict::write);
  CHECK(fence.finish(by, batch_id{3}) == verdict::write);
}

TEST_CASE("a seal waits for its blocks, and never comes once their epoch has ended without them", "[log_fence]") {
  auto fence = empty_fence();
  auto by = fence.claim(100);
  fence.open(input, 1);
  CHECK(append(fence, epoch{1}, 1, 2) == verdict::write);
  CHECK(fence.seal(by, batch(1, 2), batch_id{0}) == verdict::write);
  CHECK(fence.seal(by, batch(2, 3), batch_id{1}) == verdict::wait);
  CHECK(append(fence, epoch{1}, 3, 3) == verdict::write);
  CHECK(fence.seal(by, batch(2, 3), batch_id{1}) == verdict::write);
  fence.open(input, 2);
  CHECK(fence.seal(by, batch(3, 3), batch_id{2}) == verdict::write); // those came before the epoch ended
  CHECK(fence.seal(by, batch(4, 4), batch_id{3}) == verdict::never);
  CHECK(fence.seal(by, batch(4), batch_id{3}) == verdict::write);
}

TEST_CASE("an amendment is written once, while its batch is sealed and not committed, by the newest coordinator only",
          "[log_fence]") {
  auto fence = empty_fence();
  auto by = fence.claim(100);
  CHECK(fence.amend(by, batch_id{5}, 1) == verdict::wait); // its seal has not come
  CHECK(fence.seal(by, batch(5), batch_id{0}) == verdict::write);
  CHECK(fence.amend(by, batch_id{5}, 1) == verdict::write);
  CHECK(fence.amend(by, batch_id{5}, 1) == verdict::answer);
  CHECK(fence.amend(by, batch_id{5}, 3) == verdict::write);  // has all of the second
  CHECK(fence.amend(by, batch_id{5}, 2) == verdict::answer); // late: the newer one stays
  CHECK(fence.amend(by, batch_id{4}, 1) == verdict::answer); // of a batch that is gone
  CHECK(fence.commit(by, batch_id{5}) == verdict::write);
  CHECK(fence.amend(by, batch_id{5}, 4) == verdict::answer); // what is committed never changes
  CHECK(fence.seal(by, batch(6), batch_id{5}) == verdict::write);
  auto next = fence.claim(200);
  CHECK(fence.amend(by, batch_id{6}, 1) == verdict::refuse);
  CHECK(fence.amend(next, batch_id{6}, 1) == verdict::write);
}

TEST_CASE("a batch that is sealed with an amendment, or loaded with one, takes only newer ones", "[log_fence]") {
  auto amended = batch(5);
  amended.amendment.number = 2;
  auto fence = empty_fence();
  auto by = fence.claim(100);
  CHECK(fence.seal(by, amended, batch_id{0}) == verdict::write);
  CHECK(fence.amend(by, batch_id{5}, 2) == verdict::answer);
  CHECK(fence.amend(by, batch_id{5}, 3) == verdict::write);

  log::memory_store store;
  log::transaction changes;
  log::put_coordinator_epoch(changes, by);
  REQUIRE(log::seal(changes, store, amended).has_value());
  REQUIRE(store.commit(changes).has_value());
  auto loaded = log_fence::load(store);
  REQUIRE(loaded.has_value());
  CHECK(loaded->amend(by, batch_id{5}, 2) == verdict::answer);
  CHECK(loaded->amend(by, batch_id{5}, 3) == verdict::write);
}

namespace {

/// A fence, the log that it lets write, and random requests, some of which are old, repeated or too early.
class writer_in_small {
public:
  explicit writer_in_small(std::uint64_t seed) : random_{seed} {}

  void request() {
    switch (below(9)) {
      case 0: return claim();
      case 1: return below(3) == 0 ? open() : append();
      case 2:
      case 3: return append();
      case 4:
      case 5: return seal();
      case 6: return commit();
      case 7: return amend();
      default: return finish();
    }
  }

  /// A fence that is loaded now decides like the one that has lived through it all.
  void compare() const {
    auto loaded = log_fence::load(store_);
    REQUIRE(loaded.has_value());
    CHECK(loaded->coordinator() == fence_.coordinator());
    for (std::uint32_t i = 0; i < 3; ++i) {
      CHECK(loaded->last(input_id{i}) == fence_.last(input_id{i}));
      for (std::uint64_t owner = 0; owner <= 8; ++owner)
        CHECK(loaded->is_current(input_id{i}, epoch{owner}) == fence_.is_current(input_id{i}, epoch{owner}));
      for (std::uint64_t incarnation = 1; incarnation <= 8; ++incarnation) {
        auto live = fence_;
        auto again = *loaded;
        auto here = live.open(input_id{i}, incarnation);
        auto there = again.open(input_id{i}, incarnation);
        CHECK((here.owner == there.owner && here.what == there.what));
      }
    }
    for (auto batch = last_.value < 6 ? 0 : last_.value - 6; batch <= last_.value + 2; ++batch) {
      auto live = fence_;
      auto again = *loaded;
      auto by = live.coordinator();
      for (std::uint32_t amendment = 1; amendment <= 4; ++amendment)
        CHECK(live.amend(by, batch_id{batch}, amendment) == again.amend(by, batch_id{batch}, amendment));
      CHECK(live.commit(by, batch_id{batch}) == again.commit(by, batch_id{batch}));
      CHECK(live.finish(by, batch_id{batch}) == again.finish(by, batch_id{batch}));
      auto record = batch_with_blocks(batch, live);
      CHECK(live.seal(by, record, batch_id{batch / 2}) == again.seal(by, record, batch_id{batch / 2}));
    }
  }

private:
  /// With blocks of the newest epoch of the first input, some of which may not have come.
  log::batch_record batch_with_blocks(std::uint64_t number, const log_fence& fence) const {
    log::batch_record record;
    record.id = batch_id{number};
    auto owner = epochs_.find(input_id{0});
    auto last = fence.last(input_id{0}).value + number % 2;
    if (owner != epochs_.end() && last > 0)
      record.splits = {{{{input_id{0}, owner->second, block_sequence{1}, block_sequence{last}}}, {}, 1}};
    return record;
  }
  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
  epoch coordinator() { return below(6) == 0 ? epoch{below(5)} : fence_.coordinator(); }

  void keep(const log::transaction& changes) { REQUIRE(store_.commit(changes).has_value()); }

  void claim() {
    if (below(4) > 0)
      return;
    log::transaction changes;
    log::put_coordinator_epoch(changes, fence_.claim(1 + below(4)));
    keep(changes);
  }

  void open() {
    auto in = input_id{static_cast<std::uint32_t>(below(3))};
    auto incarnation = 1 + below(8);
    auto opened = fence_.open(in, incarnation);
    epochs_[in] = opened.owner;
    if (opened.what != verdict::write)
      return;
    log::transaction changes;
    log::put_epoch(changes, in, opened.owner, {{}, incarnation});
    keep(changes);
  }

  void append() {
    auto in = input_id{static_cast<std::uint32_t>(below(3))};
    auto first = fence_.last(in).value + 1;
    first = first > 3 ? first - 3 + below(5) : 1 + below(3);
    auto owner = below(8) == 0 ? epoch{below(8)} : epochs_[in];
    auto wanted = headers(owner, first, first + below(3), in);
    if (fence_.append(in, owner, wanted) != verdict::write)
      return;
    log::transaction changes;
    for (auto& header : wanted)
      log::append_block(changes, header, "", {});
    keep(changes);
  }

  /// Seals, for one input, the blocks that are in no batch yet.
  void seal() {
    auto after = below(4) == 0 ? last_.next() : last_;
    auto batch = batch_id{below(4) == 0 ? last_.value : last_.value + 1 + below(3)};
    log::batch_record record;
    record.id = batch;
    auto in = input_id{static_cast<std::uint32_t>(below(3))};
    auto position = log::read_epoch(store_, in, epochs_[in]);
    if (position && *position && (*position)->sealed_to < fence_.last(in))
      record.splits = {{{{in, epochs_[in], (*position)->sealed_to.next(), fence_.last(in)}}, {}, 1}};
    if (fence_.seal(coordinator(), record, after) != verdict::write)
      return;
    last_ = batch;
    log::transaction changes;
    REQUIRE(log::seal(changes, store_, record).has_value());
    keep(changes);
    sealed_.push_back(record);
  }

  void amend() {
    if (sealed_.empty())
      return;
    auto& record = sealed_[below(sealed_.size())];
    auto number = static_cast<std::uint32_t>(1 + below(3));
    if (fence_.amend(coordinator(), record.id, number) != verdict::write)
      return;
    record.amendment.number = number;
    log::transaction changes;
    log::amend(changes, record);
    keep(changes);
  }

  void commit() {
    if (sealed_.empty())
      return;
    auto& record = sealed_[below(sealed_.size())];
    if (fence_.commit(coordinator(), record.id) != verdict::write)
      return;
    log::transaction changes;
    log::commit_record made;
    made.id = record.id;
    log::commit(changes, made, {});
    keep(changes);
  }

  void finish() {
    if (sealed_.empty())
      return;
    auto at = sealed_.begin() + static_cast<std::ptrdiff_t>(below(sealed_.size()));
    if (fence_.finish(coordinator(), at->id) != verdict::write)
      return;
    log::transaction changes;
    log::finish(changes, *at);
    keep(changes);
    sealed_.erase(at);
  }

  std::mt19937_64 random_;
  log::memory_store store_;
  log_fence fence_ = empty_fence();
  std::map<input_id, epoch> epochs_;
  std::vector<log::batch_record> sealed_; ///< and not finished
  batch_id last_;
};

} // namespace

TEST_CASE("a fence that is loaded from the log decides like the one that wrote it", "[log_fence]") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    writer_in_small writer{seed};
    for (int i = 0; i < 150; ++i) {
      writer.request();
      if (i % 5 == 0)
        writer.compare();
    }
  }
}

TEST_CASE("a log that does not verify is not guessed at", "[log_fence]") {
  log::memory_store store;
  log::transaction changes;
  log::put_coordinator_epoch(changes, epoch{4});
  REQUIRE(store.commit(changes).has_value());
  CHECK(log_fence::load(store)->coordinator() == epoch{4});
  REQUIRE(store.damage(log::table::meta, "coordinator", 3));
  auto loaded = log_fence::load(store);
  REQUIRE_FALSE(loaded.has_value());
  CHECK(loaded.error().code == error_code::corrupt);
}
