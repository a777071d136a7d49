#include "libstream/data/memory_block.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <cstring>
#include <vector>

#include "libstream/base/limits.hpp"

using namespace weir;
using data::memory_block;

namespace {

bool all_zero(const memory_block& block) {
  return std::all_of(block.data(), block.data() + block.size(), [](char byte) { return byte == 0; });
}

} // namespace

TEST_CASE("blocks are as large as asked for, little more at most, and lie on cache lines", "[memory_block]") {
  for (std::size_t bytes : {1u, 63u, 64u, 65u, 1000u, 65'536u, 65'537u, 1'000'000u, 2'097'152u, 5'000'001u}) {
    memory_block block{bytes};
    CHECK(block.size() >= bytes);
    CHECK(block.size() <= bytes + bytes / 16 + 64);
    CHECK(reinterpret_cast<std::uintptr_t>(block.data()) % 64 == 0);
    std::memset(block.data(), 1, block.size());
  }
}

TEST_CASE("zeroed blocks are zero, whatever was in the memory before", "[memory_block]") {
  for (std::size_t bytes : {100u, 100'000u, 3'000'000u})
    for (int round = 0; round < 4; ++round) {
      memory_block block{bytes, memory_block::content::zeroed};
      REQUIRE(all_zero(block));
      std::memset(block.data(), 7, block.size());
      if (round == 2) {
        std::memset(block.data(), 0, block.size());
        block.mark_zeroed();
      }
    }
}

TEST_CASE("blocks that live at the same time share nothing", "[memory_block]") {
  std::vector<memory_block> blocks;
  for (int i = 0; i < 20; ++i) {
    blocks.emplace_back(200'000);
    std::memset(blocks.back().data(), i, blocks.back().size());
    if (i % 3 == 2)
      blocks.erase(blocks.begin());
  }
  for (auto& block : blocks)
    CHECK(std::count(block.data(), block.data() + block.size(), block.data()[0]) ==
          static_cast<std::ptrdiff_t>(block.size()));
}

TEST_CASE("a block that is moved from holds nothing", "[memory_block]") {
  memory_block first{100'000};
  auto where = first.data();
  memory_block second{std::move(first)};
  CHECK(second.data() == where);
  CHECK(first.data() == nullptr);
  first = memory_block{10};
  CHECK(first.size() >= 10);
}
