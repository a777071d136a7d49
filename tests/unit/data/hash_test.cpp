#include "libstream/data/hash.hpp"

#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <vector>

#include "libstream/data/record_traits.hpp"

using namespace weir;

namespace {

std::string key_of(std::size_t size) {
  std::string key;
  for (std::size_t i = 0; i < size; ++i)
    key.push_back(static_cast<char>('a' + i % 26));
  return key;
}

template <class T>
std::uint64_t hash_of(const T& value, std::uint64_t seed = 42) {
  return data::record_traits<T>::hash(value, seed);
}

} // namespace

// State and partitions rest on these values: a change of any of them is a new format of the data directory.
TEST_CASE("the hash of a key is the same in every build", "[hash]") {
  CHECK(data::hash_bytes("", 42) == 0x04dd9570a1bbcd3dULL);
  CHECK(data::hash_bytes("w", 42) == 0xbed82c41139abfaeULL);
  CHECK(data::hash_bytes("weir", 42) == 0xfe91212b76cc5451ULL);
  CHECK(data::hash_bytes("partition", 42) == 0x0894ed0062cb54f2ULL);
  CHECK(data::hash_bytes("sixteen bytes ok", 42) == 0x57013040ddc156c6ULL);
  CHECK(data::hash_bytes("seventeen bytes ok", 42) == 0x0b921dd415836368ULL);
  CHECK(data::hash_word(7, 42) == 0xf81615e937554ffcULL);
}

TEST_CASE("every length, every byte and the seed change the hash", "[hash]") {
  std::set<std::uint64_t> seen;
  std::size_t keys = 0;
  for (std::size_t size = 0; size <= 40; ++size) {
    seen.insert(data::hash_bytes(key_of(size), 42));
    seen.insert(data::hash_bytes(key_of(size), 43));
    seen.insert(data::hash_bytes(std::string(size, '\0'), 44));
    keys += 3;
    for (std::size_t at = 0; at < size; ++at, ++keys) {
      auto key = key_of(size);
      key[at] ^= 0x20;
      seen.insert(data::hash_bytes(key, 42));
    }
  }
  CHECK(seen.size() == keys);
}

TEST_CASE("keys cannot be chosen to collide without knowing the seed", "[hash]") {
  // A factor that is zero swallows the other one, so neither may be known from outside.
  std::set<std::uint64_t> seen;
  for (std::uint64_t first = 0; first < 1000; ++first) {
    std::uint64_t words[2] = {first, data::hash_detail::secret_b ^ 16};
    seen.insert(data::hash_bytes({reinterpret_cast<const char*>(words), 16}, 0x1234'5678'9abc'def0));
    words[1] = first;
    words[0] = data::hash_detail::secret_a;
    seen.insert(data::hash_bytes({reinterpret_cast<const char*>(words), 16}, 0x1234'5678'9abc'def0));
  }
  CHECK(seen.size() == 2000);
}

TEST_CASE("partitions and table slots fill evenly, for words and for consecutive numbers", "[hash]") {
  constexpr std::uint32_t parts = 16;
  constexpr int keys = 16'000;
  std::vector<int> high(parts), low(parts), high_words(parts), low_words(parts);
  for (int i = 0; i < keys; ++i) {
    auto number = data::hash_word(static_cast<std::uint64_t>(i), 42);
    auto word = data::hash_bytes("w" + std::to_string(i), 42);
    ++high[data::partition_of(number, parts)];
    ++low[number % parts];
    ++high_words[data::partition_of(word, parts)];
    ++low_words[word % parts];
  }
  for (auto* counts : {&high, &low, &high_words, &low_words})
    for (int count : *counts)
      CHECK(std::abs(count - keys / static_cast<int>(parts)) < 150); // about five standard deviations
}

TEST_CASE("equal keys hash alike however they are held", "[hash]") {
  CHECK(hash_of(std::string{"abc"}) == hash_of(std::string_view{"abc"}));
  CHECK(hash_of(0.0) == hash_of(-0.0));
  CHECK(hash_of(std::pair{1, 2}) != hash_of(std::pair{2, 1}));
  CHECK(hash_of(std::tuple{1, 2}) == hash_of(std::tuple{1, 2}));
  CHECK(hash_of(std::vector{1, 2}) != hash_of(std::vector{1, 2, 0}));
  CHECK(hash_of(std::optional<int>{}) != hash_of(std::optional<int>{0}));
}
