#include "actors/node/staging.hpp"

#include <catch2/catch.hpp>

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
