#include <catch2/catch.hpp>

#include "libstream/log/block_log.hpp"
#include "libstream/log/keys.hpp"
#include "libstream/log/memory_store.hpp"
#include "libstream/log/positions.hpp"
#include "libstream/log/recovery.hpp"

using namespace weir;
using namespace weir::log;

namespace {

block_id id_of(std::uint32_t input, std::uint64_t of, std::uint64_t sequence) {
  return {input_id{input}, epoch{of}, block_sequence{sequence}};
}

/// A log in the making, described as tests think of it.
struct log_of {
  log_contents contents;

  log_of& opened(std::uint32_t input, std::uint64_t of, std::uint64_t sealed_to) {
    contents.epochs[{input_id{input}, epoch{of}}] = {block_sequence{sealed_to}, 1};
    return *this;
  }
  log_of& block(std::uint32_t input, std::uint64_t of, std::uint64_t sequence) {
    auto id = id_of(input, of, sequence);
    contents.blocks[id].id = id;
    return *this;
  }
  log_of& blocks(std::uint32_t input, std::uint64_t of, std::uint64_t first, std::uint64_t last) {
    for (auto sequence = first; sequence <= last; ++sequence)
      block(input, of, sequence);
    return *this;
  }
  log_of& sealed(std::uint64_t number, std::vector<block_range> ranges) {
    batch_record batch;
    batch.id = batch_id{number};
    batch.time_ms = static_cast<std::int64_t>(100 * number);
    for (const auto& range : ranges)
      batch.splits.push_back({{range}, {}, 1});
    contents.batches[batch.id] = batch;
    return last(number);
  }
  log_of& committed(std::uint64_t number, std::vector<staged_part> parts = {}) {
    commit_record commit;
    commit.id = batch_id{number};
    commit.time_ms = static_cast<std::int64_t>(100 * number);
    commit.parts = std::move(parts);
    contents.commits[commit.id] = commit;
    return *this;
  }
  log_of& staged(std::uint64_t number, const std::string& output, std::uint32_t part) {
    contents.staged.insert(staged_key(batch_id{number}, output, part));
    return *this;
  }
  log_of& last(std::uint64_t number) {
    contents.last = last_batch{batch_id{number}, static_cast<std::int64_t>(100 * number), batch_id{1}};
    return *this;
  }
};

block_range range(std::uint32_t input, std::uint64_t of, std::uint64_t first, std::uint64_t last) {
  return {input_id{input}, epoch{of}, block_sequence{first}, block_sequence{last}};
}

} // namespace

TEST_CASE("an empty log asks for nothing", "[log]") {
  auto plan = plan_recovery({});
  REQUIRE(plan.has_value());
  CHECK(plan->run_again.empty());
  CHECK(plan->publish_again.empty());
  CHECK(plan->unsealed.empty());
  CHECK(plan->first_free_batch == batch_id{0});
}

TEST_CASE("sealed batches run again, committed ones are published again, the rest waits in order", "[log]") {
  auto log = log_of{}
               .opened(1, 1, 4)
               .opened(1, 2, 0)
               .opened(2, 5, 7)
               .blocks(1, 1, 1, 6)
               .blocks(1, 2, 1, 2)
               .sealed(20, {range(1, 1, 1, 2)})
               .committed(20, {{"counts", 3, 1, 1, 0}})
               .staged(20, "counts", 3)
               .sealed(21, {range(1, 1, 3, 3)})
               .sealed(22, {range(1, 1, 4, 4)});
  auto plan = plan_recovery(log.contents);
  if (!plan)
    FAIL(plan.error().message());
  REQUIRE(plan->publish_again.size() == 1);
  CHECK(plan->publish_again[0].sealed == log.contents.batches.at(batch_id{20}));
  CHECK(plan->publish_again[0].committed == log.contents.commits.at(batch_id{20}));
  REQUIRE(plan->run_again.size() == 2);
  CHECK(plan->run_again[0].id == batch_id{21});
  CHECK(plan->run_again[1].id == batch_id{22});
  REQUIRE(plan->unsealed.size() == 2);
  CHECK(plan->unsealed[0].epoch == epoch{1});
  CHECK(plan->unsealed[0].headers.front().id == id_of(1, 1, 5));
  CHECK(plan->unsealed[0].headers.back().id == id_of(1, 1, 6));
  CHECK(plan->unsealed[1].epoch == epoch{2});
  CHECK(plan->unsealed[1].headers.size() == 2);
  CHECK(plan->first_free_batch == batch_id{23});
  CHECK(plan->last_time_ms == 2200);
}

TEST_CASE("numbers and times go on after everything was freed", "[log]") {
  auto plan = plan_recovery(log_of{}.opened(1, 1, 90).last(40).contents);
  REQUIRE(plan.has_value());
  CHECK(plan->first_free_batch == batch_id{41});
  CHECK(plan->last_time_ms == 4000);
}

TEST_CASE("states that no crash can leave behind are corrupt, and the record is named", "[log]") {
  struct impossible_state {
    std::string story;
    log_of log;
    std::string named;
  };
  auto given = GENERATE(values<impossible_state>({
    {"committed without a seal", log_of{}.committed(5), "commits batch=5"},
    {"a gap behind what is sealed", log_of{}.opened(1, 1, 2).block(1, 1, 4), "blocks input=1 epoch=1 seq=3"},
    {"a gap among unsealed blocks", log_of{}.opened(1, 1, 0).block(1, 1, 1).block(1, 1, 3),
     "blocks input=1 epoch=1 seq=2"},
    {"a sealed block is gone", log_of{}.opened(1, 1, 3).blocks(1, 1, 1, 2).sealed(7, {range(1, 1, 1, 3)}),
     "blocks input=1 epoch=1 seq=3"},
    {"a block in two batches",
     log_of{}.opened(1, 1, 2).blocks(1, 1, 1, 2).sealed(7, {range(1, 1, 1, 2)}).sealed(8, {range(1, 1, 2, 2)}),
     "blocks input=1 epoch=1 seq=2"},
    {"sealed further than its epoch says", log_of{}.opened(1, 1, 1).blocks(1, 1, 1, 2).sealed(7, {range(1, 1, 1, 2)}),
     "batches batch=7"},
    {"a sealed block without its batch", log_of{}.opened(1, 1, 1).block(1, 1, 1), "blocks input=1 epoch=1 seq=1"},
    {"a block of an epoch never opened", log_of{}.block(1, 9, 1), "blocks input=1 epoch=9 seq=1"},
    {"staged bytes are missing", log_of{}.sealed(7, {}).committed(7, {{"counts", 2, 1, 1, 0}}),
     "staged batch=7 output=counts part=2"},
    {"staged bytes without a commit", log_of{}.sealed(7, {}).staged(7, "counts", 2),
     "staged batch=7 output=counts part=2"},
    {"a batch newer than the last", log_of{}.sealed(7, {}).last(6), "batches batch=7"},
  }));
  INFO(given.story);
  auto plan = plan_recovery(given.log.contents);
  REQUIRE_FALSE(plan.has_value());
  CHECK(plan.error().code == error_code::corrupt);
  CHECK(plan.error().message().find(given.named) != std::string::npos);
}

// An older version gave times that fell back when the batch interval became shorter at a restart.
TEST_CASE("batches of an older version whose times fall back are no damage, and coming times are later than all",
          "[log]") {
  auto log = log_of{}.sealed(7, {}).sealed(8, {});
  log.contents.batches[batch_id{7}].time_ms = 17'966'000'000'000;
  log.contents.last->rising_since = {};
  auto plan = plan_recovery(log.contents);
  REQUIRE(plan.has_value());
  CHECK(plan->run_again.size() == 2);
  CHECK(plan->last_time_ms == 17'966'000'000'000);
  log.contents.last->rising_since = batch_id{8};
  CHECK(plan_recovery(log.contents).has_value());
  log.contents.last->rising_since = batch_id{7};
  CHECK_FALSE(plan_recovery(log.contents).has_value());
}

TEST_CASE("what the log holds is what recovery sees", "[log]") {
  memory_store store;
  transaction changes;
  put_epoch(changes, input_id{1}, epoch{1}, {});
  for (std::uint64_t sequence = 1; sequence <= 3; ++sequence)
    append_block(changes, {id_of(1, 1, sequence), 1, 1, 0, {}}, "x", {});
  REQUIRE(store.commit(changes).has_value());
  batch_record batch;
  batch.id = batch_id{4};
  batch.time_ms = 400;
  batch.splits = {{{range(1, 1, 1, 2)}, {}, 2}};
  transaction sealing;
  REQUIRE(seal(sealing, store, batch).has_value());
  REQUIRE(store.commit(sealing).has_value());

  auto plan = recover(store);
  REQUIRE(plan.has_value());
  CHECK(plan->run_again == std::vector<batch_record>{batch});
  REQUIRE(plan->unsealed.size() == 1);
  CHECK(plan->unsealed[0].headers.size() == 1);
  CHECK(*verify(store, true) == 3 + 1 + 1 + 1);

  REQUIRE(store.damage(table::batches, batch_key(batch_id{4}), 300));
  auto damaged = recover(store);
  REQUIRE_FALSE(damaged.has_value());
  CHECK(damaged.error().message().find("batches batch=4") != std::string::npos);
  CHECK_FALSE(verify(store, false).has_value());
}
