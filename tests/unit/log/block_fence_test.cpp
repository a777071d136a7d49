#include "libstream/log/block_fence.hpp"

#include <catch2/catch.hpp>

#include "libstream/log/block_log.hpp"
#include "libstream/log/memory_store.hpp"
#include "libstream/log/positions.hpp"

using namespace weir;
using namespace weir::log;
using state = block_presence::state;

namespace {

constexpr input_id input{3};

std::vector<block_header> headers(epoch of, std::uint64_t first, std::uint64_t last) {
  std::vector<block_header> made;
  for (auto sequence = first; sequence <= last; ++sequence) {
    block_header header;
    header.id = {input, of, block_sequence{sequence}};
    made.push_back(header);
  }
  return made;
}

verdict append(block_fence& fence, epoch of, std::uint64_t first, std::uint64_t last) {
  auto wanted = headers(of, first, last);
  return fence.append(input, of, wanted);
}

block_range range(epoch of, std::uint64_t last) { return {input, of, block_sequence{1}, block_sequence{last}}; }

batch_record batch_of(std::vector<block_range> ranges) {
  batch_record batch;
  for (auto& each : ranges)
    batch.splits.push_back({{each}, {}, 1});
  return batch;
}

} // namespace

TEST_CASE("an input takes blocks of its newest epoch, from the first one on", "[block_fence]") {
  block_fence fence;
  CHECK(append(fence, epoch{1}, 1, 1) == verdict::refused); // not opened
  CHECK_FALSE(fence.is_current(input, epoch{}));
  fence.open(input, epoch{1});
  CHECK(append(fence, epoch{1}, 1, 3) == verdict::written);
  CHECK(fence.last(input) == block_sequence{3});
  fence.open(input, epoch{1}); // repeated
  CHECK(fence.last(input) == block_sequence{3});
  fence.open(input, epoch{2});
  CHECK(fence.last(input) == block_sequence{});
  CHECK(append(fence, epoch{1}, 4, 4) == verdict::refused);
  CHECK(append(fence, epoch{3}, 1, 1) == verdict::refused);
  CHECK(append(fence, epoch{2}, 1, 1) == verdict::written);
  fence.open(input, epoch{1}); // late
  CHECK(fence.is_current(input, epoch{2}));
  CHECK_FALSE(fence.is_current(input_id{1}, epoch{2}));
}

TEST_CASE("blocks that were written are only answered, and a gap waits", "[block_fence]") {
  block_fence fence;
  fence.open(input, epoch{1});
  auto before = fence;
  CHECK(append(fence, epoch{1}, 2, 3) == verdict::wait);
  CHECK(fence == before);
  CHECK(append(fence, epoch{1}, 1, 2) == verdict::written);
  CHECK(append(fence, epoch{1}, 1, 2) == verdict::repeated);
  auto overlapping = headers(epoch{1}, 1, 4);
  CHECK(fence.append(input, epoch{1}, overlapping) == verdict::written);
  CHECK(overlapping == headers(epoch{1}, 3, 4)); // only what is new is written
  CHECK(append(fence, epoch{1}, 6, 6) == verdict::wait);
}

TEST_CASE("blocks are here once appended, coming while their epoch lasts, and lost afterwards", "[block_fence]") {
  block_fence fence;
  CHECK(fence.of(range(epoch{1}, 1)) == state::lost); // of an epoch that was never opened
  fence.open(input, epoch{1});
  CHECK(append(fence, epoch{1}, 1, 2) == verdict::written);
  CHECK(fence.of(range(epoch{1}, 2)) == state::here);
  CHECK(fence.of(range(epoch{1}, 3)) == state::coming);
  fence.open(input, epoch{2});
  CHECK(fence.of(range(epoch{1}, 2)) == state::here);
  CHECK(fence.of(range(epoch{1}, 3)) == state::lost);
  CHECK(fence.of(range(epoch{2}, 1)) == state::coming);

  CHECK(presence_of(batch_of({}), fence) == state::here);
  CHECK(presence_of(batch_of({range(epoch{1}, 2)}), fence) == state::here);
  CHECK(presence_of(batch_of({range(epoch{2}, 1), range(epoch{1}, 2)}), fence) == state::coming);
  CHECK(presence_of(batch_of({range(epoch{2}, 1), range(epoch{1}, 3), range(epoch{1}, 2)}), fence) == state::lost);
}

TEST_CASE("a fence that is loaded knows the blocks in the log, and those that are gone with their batch",
          "[block_fence]") {
  memory_store store;
  transaction changes;
  put_epoch(changes, input, epoch{1}, {block_sequence{4}, 7}); // of which none are left
  put_epoch(changes, input, epoch{2}, {block_sequence{2}, 8});
  for (auto& header : headers(epoch{2}, 2, 5)) // the first one is done
    append_block(changes, header, "", {});
  put_epoch(changes, input_id{9}, epoch{6}, {{}, 9});
  REQUIRE(store.commit(changes).has_value());
  auto loaded = block_fence::load(store);
  REQUIRE(loaded.has_value());
  CHECK(loaded->last(input) == block_sequence{5});
  CHECK(loaded->of(range(epoch{1}, 4)) == state::here);
  CHECK(loaded->of(range(epoch{1}, 5)) == state::lost);
  CHECK(append(*loaded, epoch{2}, 5, 6) == verdict::written);
  CHECK(loaded->is_current(input_id{9}, epoch{6}));

  REQUIRE(store.damage(table::blocks, std::string_view{"\0\0\0\x03\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x03", 20}, 5));
  CHECK(block_fence::load(store).error().code == error_code::corrupt);
}
