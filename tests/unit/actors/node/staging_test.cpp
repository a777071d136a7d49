#include "actors/node/staging.hpp"

#include <map>
#include <rapidcheck.h>

#include <catch2/catch.hpp>

#include "tests/property.hpp"

using namespace weir;
using namespace weir::actors;

namespace {

constexpr attempt first{epoch{1}, view_id{1}}, second{epoch{1}, view_id{2}};

void put(staging& into, std::uint64_t batch, std::uint32_t part, std::size_t size, const attempt& of = first) {
  into.put(of, batch_id{batch}, "counts", part, std::make_shared<const std::string>(size, 'x'));
}

bool has(const staging& in, std::uint64_t batch, std::uint32_t part, const attempt& of = first) {
  return in.find(of, batch_id{batch}, "counts", part) != nullptr;
}

} // namespace

TEST_CASE("staged bytes are counted until they are published", "[staging]") {
  staging shelf;
  put(shelf, 1, 0, 100);
  put(shelf, 1, 1, 50);
  put(shelf, 1, 1, 60); // again, by a repeated task
  put(shelf, 2, 0, 7);
  CHECK(shelf.bytes() == 167);
  CHECK(shelf.unpublished_bytes() == 0);
  shelf.committed(batch_id{1});
  shelf.committed(batch_id{1});
  CHECK(shelf.unpublished_bytes() == 160);
  CHECK(shelf.bytes() == 167);
  shelf.drop(batch_id{1});
  CHECK(shelf.unpublished_bytes() == 0);
  CHECK(shelf.bytes() == 7);
}

TEST_CASE("beyond its budget the newest committed batches leave the memory, and still count as unpublished",
          "[staging]") {
  staging shelf;
  shelf.bound(25);
  for (std::uint64_t batch = 1; batch <= 4; ++batch)
    put(shelf, batch, 0, 10);
  shelf.committed(batch_id{3});
  CHECK(has(shelf, 1, 0));
  CHECK(has(shelf, 2, 0));
  CHECK_FALSE(has(shelf, 3, 0));
  CHECK(has(shelf, 4, 0)); // not committed: the log does not have it
  CHECK(shelf.bytes() == 30);
  CHECK(shelf.unpublished_bytes() == 30);
  shelf.committed(batch_id{4});
  CHECK_FALSE(has(shelf, 4, 0));
  shelf.drop(batch_id{3});
  CHECK(shelf.bytes() == 0);
  CHECK(shelf.unpublished_bytes() == 10);
  shelf.drop(batch_id{4});
  CHECK(shelf.unpublished_bytes() == 0);
}

TEST_CASE("the oldest committed batch stays, however large, as it is published next", "[staging]") {
  staging shelf;
  shelf.bound(1);
  put(shelf, 5, 0, 100);
  put(shelf, 6, 0, 100);
  shelf.committed(batch_id{6});
  CHECK(has(shelf, 5, 0));
  CHECK_FALSE(has(shelf, 6, 0));
}

TEST_CASE("a newer attempt replaces what was staged, and an older one is refused", "[staging]") {
  staging shelf;
  put(shelf, 1, 0, 10);
  put(shelf, 1, 1, 10);
  put(shelf, 1, 0, 3, second);
  CHECK(shelf.bytes() == 3);
  CHECK_FALSE(has(shelf, 1, 0));
  CHECK(has(shelf, 1, 0, second));
  put(shelf, 1, 1, 10);
  CHECK(shelf.bytes() == 3);
}

namespace {

/// What a staging must say, by plain maps. Attempts are numbers.
struct plain_staging {
  struct batch {
    std::uint32_t newest = 0;
    std::map<std::uint32_t, std::size_t> parts;
    bool is_committed = false;
    std::uint64_t bytes() const {
      std::uint64_t sum = 0;
      for (auto& [part, size] : parts)
        sum += size;
      return sum;
    }
  };
  std::map<std::uint64_t, batch> batches;

  void put(std::uint32_t of, std::uint64_t number, std::uint32_t part, std::size_t size) {
    auto [entry, fresh] = batches.try_emplace(number, batch{of, {}, false});
    auto& held = entry->second;
    if (held.is_committed || of < held.newest)
      return;
    if (held.newest < of)
      held = {of, {}, false};
    held.parts[part] = size;
  }
  std::uint64_t bytes() const {
    std::uint64_t sum = 0;
    for (auto& [number, held] : batches)
      sum += held.bytes();
    return sum;
  }
  std::uint64_t unpublished() const {
    std::uint64_t sum = 0;
    for (auto& [number, held] : batches)
      sum += held.is_committed ? held.bytes() : 0;
    return sum;
  }
};

} // namespace

TEST_CASE("a newer coordinator's word frees what older ones have staged and not committed", "[staging]") {
  constexpr attempt newer{epoch{2}, view_id{1}};
  staging shelf;
  put(shelf, 1, 0, 100);
  shelf.committed(batch_id{1});
  put(shelf, 2, 0, 30, newer);
  put(shelf, 900, 0, 7, second);
  shelf.drop_before(epoch{2});
  CHECK(shelf.bytes() == 130);
  CHECK(has(shelf, 1, 0)); // its output is still to be published
  CHECK(has(shelf, 2, 0, newer));
  CHECK_FALSE(has(shelf, 900, 0, second));
  put(shelf, 901, 0, 5); // by a task that ran meanwhile
  shelf.drop_before(epoch{1});
  CHECK(shelf.bytes() == 130);
  CHECK(shelf.unpublished_bytes() == 100);
}

TEST_CASE("a staging used for many batches, attempts and repeats holds and counts what plain maps do", "[staging]") {
  weir::testing::check_property("against plain maps", [](std::uint8_t budget) {
    staging shelf;
    shelf.bound(budget);
    plain_staging expected;
    for (auto steps = *rc::gen::inRange(0, 60); steps > 0; --steps) {
      auto number = *rc::gen::inRange<std::uint64_t>(1, 7);
      auto kind = *rc::gen::inRange(0, 10);
      if (kind == 0) {
        shelf.drop(batch_id{number});
        expected.batches.erase(expected.batches.begin(), expected.batches.upper_bound(number));
      } else if (kind == 1) {
        shelf.committed(batch_id{number});
        for (auto& [each, held] : expected.batches)
          held.is_committed = held.is_committed || each <= number;
      } else {
        auto of = *rc::gen::inRange<std::uint32_t>(0, 3), part = *rc::gen::inRange<std::uint32_t>(0, 3);
        auto size = *rc::gen::inRange<std::size_t>(0, 100);
        put(shelf, number, part, size, {epoch{1}, view_id{of}});
        expected.put(of, number, part, size);
      }
      RC_ASSERT(shelf.unpublished_bytes() == expected.unpublished());
      RC_ASSERT(shelf.bytes() <= expected.bytes());
    }
    std::uint64_t in_memory = 0;
    for (auto& [number, held] : expected.batches)
      for (std::uint32_t of = 0; of < 3; ++of)
        for (std::uint32_t part = 0; part < 3; ++part) {
          auto bytes = shelf.find({epoch{1}, view_id{of}}, batch_id{number}, "counts", part);
          auto must_be_there = of == held.newest && held.parts.contains(part);
          RC_ASSERT(must_be_there || !bytes);
          if (bytes) {
            RC_ASSERT(bytes->size() == held.parts.at(part));
            in_memory += bytes->size();
          } else if (must_be_there) { // it left the memory, which only what the log has may do
            RC_ASSERT(held.is_committed);
          }
        }
    RC_ASSERT(shelf.bytes() == in_memory);
    shelf.drop(batch_id{7});
    RC_ASSERT(shelf.bytes() == 0);
    RC_ASSERT(shelf.unpublished_bytes() == 0);
  });
}
