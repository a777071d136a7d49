#include "actors/simulation/bounds_watch.hpp"

#include <catch2/catch.hpp>

#include "libstream/data/codec.hpp"
#include "libstream/log/keys.hpp"

using namespace weir;
using namespace weir::actors::simulation;
using Catch::Matchers::Contains;

namespace {

actors::settings small_bounds() {
  actors::settings bounds;
  bounds.inputs = {*actors::parse_input_url("weir://127.0.0.1:7000")};
  bounds.max_batches_in_flight = 1;
  bounds.max_unpublished_batches = 10;
  bounds.max_receiver_bytes = 100;
  bounds.exchange_bytes = 50;
  bounds.staging_bytes = 10;
  return bounds;
}

log::transaction sealed(std::uint64_t number, std::uint64_t bytes = 1, std::vector<log::split> splits = {}) {
  log::batch_record record;
  record.id = batch_id{number};
  record.bytes = bytes;
  record.splits = std::move(splits);
  log::transaction changes;
  changes.put(log::table::batches, log::batch_key(record.id), data::encode(record));
  return changes;
}

log::transaction committed(std::uint64_t number, std::uint64_t staged = 1) {
  log::commit_record record;
  record.id = batch_id{number};
  record.parts.push_back({"counts", 0, staged, 1, 0});
  log::transaction changes;
  changes.put(log::table::commits, log::batch_key(record.id), data::encode(record));
  return changes;
}

log::transaction finished(std::uint64_t number) {
  log::transaction changes;
  changes.erase(log::table::commits, log::batch_key(batch_id{number}));
  changes.erase(log::table::batches, log::batch_key(batch_id{number}));
  return changes;
}

log::transaction stored(std::uint64_t sequence, std::string_view bytes) {
  log::transaction changes;
  changes.put(log::table::blocks, log::block_key({input_id{0}, epoch{1}, block_sequence{sequence}}), "", bytes);
  return changes;
}

} // namespace

TEST_CASE("one batch too many in flight is noticed, and one that follows a commit is none", "[simulation][bounds]") {
  auto bounds = small_bounds();
  bounds.max_batches_in_flight = 2;
  bounds_watch watch{bounds, 10};
  CHECK(watch.written(sealed(1)) == "");
  CHECK(watch.written(sealed(2)) == "");
  SECTION("too many") { CHECK_THAT(watch.written(sealed(3)), Contains("batches in flight: 3, and the bound is 2")); }
  SECTION("after a commit") {
    CHECK(watch.written(committed(1)) == "");
    CHECK(watch.written(sealed(3)) == "");
  }
}

TEST_CASE("an amended batch is no other one", "[simulation][bounds]") {
  bounds_watch watch{small_bounds(), 10};
  CHECK(watch.written(sealed(1)) == "");
  CHECK(watch.written(sealed(1)) == "");
}

TEST_CASE("a batch that is sealed although too many wait for their outputs is noticed", "[simulation][bounds]") {
  auto bounds = small_bounds();
  bounds.max_unpublished_batches = 2;
  bounds_watch watch{bounds, 10};
  for (std::uint64_t number : {1, 2}) {
    CHECK(watch.written(sealed(number)) == "");
    CHECK(watch.written(committed(number)) == "");
  }
  SECTION("they wait") {
    CHECK_THAT(watch.written(sealed(3)), Contains("unpublished batches before another is sealed: 2"));
  }
  SECTION("one is published") {
    watch.published(batch_id{1});
    CHECK(watch.written(sealed(3)) == "");
  }
  SECTION("one has left the log") {
    CHECK(watch.written(finished(2)) == "");
    CHECK(watch.written(sealed(3)) == "");
  }
}

TEST_CASE("bytes that wait for their outputs are held to their bounds when a batch is sealed", "[simulation][bounds]") {
  auto bounds = small_bounds();
  bounds.max_unpublished_bytes = 30;
  bounds.max_unpublished_input_bytes = 500;
  bounds_watch watch{bounds, 10};
  SECTION("of outputs") {
    CHECK(watch.written(sealed(1)) == "");
    CHECK(watch.written(committed(1, 29)) == "");
    CHECK(watch.written(sealed(2)) == "");
    CHECK(watch.written(committed(2, 1)) == "");
    CHECK_THAT(watch.written(sealed(3)), Contains("unpublished bytes before another batch is sealed: 30"));
  }
  SECTION("of input") {
    CHECK(watch.written(sealed(1, 500)) == "");
    CHECK(watch.written(committed(1)) == "");
    CHECK_THAT(watch.written(sealed(2)), Contains("input bytes of unpublished batches before another is sealed: 500"));
  }
}

TEST_CASE("what was committed while a seal was on its way is allowed for", "[simulation][bounds]") {
  auto bounds = small_bounds();
  bounds.max_batches_in_flight = 2;
  bounds.max_unpublished_batches = 1;
  bounds_watch watch{bounds, 10};
  CHECK(watch.written(sealed(1)) == "");
  CHECK(watch.written(committed(1)) == "");
  CHECK(watch.written(sealed(2)) == "");
  CHECK(watch.written(committed(2)) == "");
  CHECK(watch.written(sealed(3)) != "");
}

TEST_CASE("blocks beyond what receivers may hold are noticed, and committed ones are given back",
          "[simulation][bounds]") {
  bounds_watch watch{small_bounds(), 10};
  watch.receiver_started(input_id{0}); // 110 of it and 110 of one before it
  std::string bytes(200, 'x');
  CHECK(watch.written(stored(1, bytes)) == "");
  SECTION("too many") {
    CHECK_THAT(watch.written(stored(2, "more than twenty bytes")), Contains("bytes of uncommitted blocks in the log"));
    CHECK_THAT(watch.waits(input_id{0}, 221),
               Contains("bytes that wait for a batch, input 0: 221, and the bound is 220"));
  }
  SECTION("given back") {
    log::split split;
    split.blocks.push_back({input_id{0}, epoch{1}, block_sequence{1}, block_sequence{1}});
    CHECK(watch.written(sealed(1, 200, {split})) == "");
    CHECK(watch.written(committed(1)) == "");
    CHECK(watch.written(stored(2, bytes)) == "");
    CHECK(watch.waits(input_id{0}, 200) == "");
  }
  SECTION("another receiver") {
    watch.receiver_started(input_id{0});
    CHECK(watch.written(stored(2, bytes)) == "");
  }
}

TEST_CASE("memory beyond its budget is noticed, and what is left when all is published", "[simulation][bounds]") {
  bounds_watch watch{small_bounds(), 10};
  CHECK(watch.holds({50, 0, 0}) == "");
  CHECK_THAT(watch.holds({51, 0, 0}), Contains("bytes in the exchange: 51, and the bound is 50"));
  CHECK(bounds_watch::rests({0, 0, 0}) == "");
  CHECK_THAT(bounds_watch::rests({1, 0, 0}), Contains("the exchange holds 1 bytes although"));
  CHECK_THAT(bounds_watch::rests({0, 2, 3}), Contains("the staging holds 2 bytes, and counts 3 as unpublished"));
}

TEST_CASE("a staging that keeps more of committed batches than its budget and the oldest is noticed",
          "[simulation][bounds]") {
  staging_watch watch{10};
  CHECK(watch.holds(20, 0) == "");  // the first batch is staged
  CHECK(watch.holds(20, 20) == ""); // and committed
  CHECK(watch.holds(45, 20) == ""); // the second is staged, which is no matter of the budget
  SECTION("it never spills") { CHECK_THAT(watch.holds(45, 45), Contains("keeps 45 bytes of committed batches")); }
  SECTION("it spills the second") {
    CHECK(watch.holds(20, 45) == "");
    CHECK(watch.holds(0, 25) == ""); // the first is published
    CHECK(watch.holds(0, 0) == "");
  }
}
