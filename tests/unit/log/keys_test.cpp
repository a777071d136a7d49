#include <catch2/catch.hpp>
#include <limits>

#include "libstream/log/keys.hpp"

using namespace weir;
using namespace weir::log;

TEST_CASE("keys sort as their numbers do", "[log]") {
  auto key = [](std::uint32_t input, std::uint64_t of, std::uint64_t sequence) {
    return block_key({input_id{input}, epoch{of}, block_sequence{sequence}});
  };
  CHECK(key(1, 1, 255) < key(1, 1, 256));
  CHECK(key(1, 1, std::numeric_limits<std::uint64_t>::max()) < key(1, 2, 0));
  CHECK(key(1, 9, 9) < key(2, 0, 0));
  CHECK(batch_key(batch_id{255}) < batch_key(batch_id{65536}));
}

TEST_CASE("what a builder makes its parser reads", "[log]") {
  block_id id{input_id{7}, epoch{1ull << 40}, block_sequence{300}};
  CHECK(parse_block_key(block_key(id)) == id);
  CHECK(parse_batch_key(batch_key(batch_id{77})) == batch_id{77});
  CHECK(parse_epoch_key(epoch_key(input_id{3}, epoch{4})) == std::pair{input_id{3}, epoch{4}});
  auto producer = parse_producer_key(producer_key(input_id{1}, "alpha"));
  REQUIRE(producer);
  CHECK(producer->name == "alpha");
  CHECK(producer->input == input_id{1});
  auto staged = parse_staged_key(staged_key(batch_id{5}, "counts", 12));
  REQUIRE(staged);
  CHECK(staged->batch == batch_id{5});
  CHECK(staged->output == "counts");
  CHECK(staged->part == 12);
  for (const char* foreign : {"", "x", "abcdefghijk"}) {
    CHECK_FALSE(parse_block_key(foreign));
    CHECK_FALSE(parse_batch_key(foreign));
    CHECK_FALSE(parse_epoch_key(foreign));
    CHECK_FALSE(parse_staged_key(foreign));
  }
}

TEST_CASE("long names make keys that fit and stay distinct", "[log]") {
  std::string name(2000, 'n');
  auto one = file_key(input_id{1}, name + "1");
  auto two = file_key(input_id{1}, name + "2");
  CHECK(one != two);
  CHECK(one.size() <= 511);
  CHECK(staged_key(batch_id{1}, name, 0).size() <= 511);
}

TEST_CASE("a range holds exactly the keys of its prefix", "[log]") {
  auto inside = [](const key_range& range, const std::string& key) {
    return range.from <= key && (range.until.empty() || key < range.until);
  };
  auto of_input = keys_of_input(input_id{255});
  CHECK(inside(of_input, producer_key(input_id{255}, "\xff\xff")));
  CHECK_FALSE(inside(of_input, producer_key(input_id{256}, "a")));
  CHECK_FALSE(inside(of_input, producer_key(input_id{254}, "\xff")));
  CHECK(inside(keys_of_input(input_id{0xffffffff}), producer_key(input_id{0xffffffff}, "z")));

  auto blocks = blocks_between(input_id{1}, epoch{1}, block_sequence{2}, block_sequence{4});
  for (std::uint64_t sequence = 1; sequence <= 5; ++sequence)
    CHECK(inside(blocks, block_key({input_id{1}, epoch{1}, block_sequence{sequence}})) ==
          (sequence >= 2 && sequence <= 4));
  auto last = block_sequence{std::numeric_limits<std::uint64_t>::max()};
  CHECK(inside(blocks_between(input_id{1}, epoch{1}, last, last), block_key({input_id{1}, epoch{1}, last})));
  CHECK_FALSE(inside(blocks_of_epoch(input_id{1}, epoch{1}), block_key({input_id{1}, epoch{2}, {}})));
}

TEST_CASE("a key is described as people write it", "[log]") {
  CHECK(describe_key(table::blocks, block_key({input_id{1}, epoch{2}, block_sequence{17}})) ==
        "blocks input=1 epoch=2 seq=17");
  CHECK(describe_key(table::commits, batch_key(batch_id{9})) == "commits batch=9");
  CHECK(describe_key(table::staged, staged_key(batch_id{9}, "counts", 3)) == "staged batch=9 output=counts part=3");
  CHECK(describe_key(table::producers, producer_key(input_id{1}, "a\nb")) == "producers input=1 producer=a\\x0ab");
  CHECK(describe_key(table::blocks, "x") == "blocks key=x");
}
