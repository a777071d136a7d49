#include "libstream/data/keyed_table.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <rapidcheck.h>
#include <string>

using namespace weir;

namespace {

using counts = data::keyed_table<std::string_view, int>;

void add(counts& table, std::string_view key, std::uint64_t hash) {
  auto [value, fresh] = table.find_or_insert(hash, key, [] { return 1; });
  if (!fresh)
    ++*value;
}

} // namespace

TEST_CASE("the table holds what an ordinary map holds, in the order of first insertion", "[keyed_table]") {
  // Few hash values, so that chains, equal tags and growth across them all happen.
  rc::check("against a model", [](const std::vector<std::uint8_t>& keys, std::uint8_t spread) {
    counts table;
    std::map<std::string, int> model;
    std::vector<std::string> order;
    for (auto number : keys) {
      auto key = std::to_string(number);
      add(table, key, number % (spread % 8 + 1));
      if (++model[key] == 1)
        order.push_back(key);
    }
    RC_ASSERT(table.size() == model.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
      RC_ASSERT(table.entries()[i].key == order[i]);
      RC_ASSERT(table.entries()[i].value == model[order[i]]);
    }
  });
}

TEST_CASE("keys are found after many growths", "[keyed_table]") {
  counts table;
  auto hash = [](const std::string& key) { return data::hash_bytes(key, 1); };
  for (int i = 0; i < 50'000; ++i) {
    auto key = std::to_string(i % 20'000);
    add(table, key, hash(key));
  }
  CHECK(table.size() == 20'000);
  CHECK(*table.find(hash("9999"), "9999") == 3);
  CHECK(*table.find(hash("19999"), "19999") == 2);
  CHECK(table.find(hash("20000"), "20000") == nullptr);
}

TEST_CASE("keys of any length that differ in one byte, or in length alone, are different keys", "[keyed_table]") {
  for (std::size_t size = 0; size <= 40; ++size) {
    counts table;
    std::string key(size, 'k');
    add(table, key, 5); // one hash for all: nothing but the key tells them apart
    add(table, key + "k", 5);
    for (std::size_t at = 0; at < size; ++at) {
      auto other = key;
      other[at] = 'x';
      add(table, other, 5);
    }
    add(table, std::string(key), 5);
    REQUIRE(table.size() == size + 2);
    REQUIRE(*table.find(5, key) == 2);
  }
}

TEST_CASE("the empty key is a key", "[keyed_table]") {
  counts table;
  add(table, {}, 0);
  add(table, "", 0);
  CHECK(*table.find(0, "") == 2);
}

TEST_CASE("keys survive the bytes they were read from", "[keyed_table]") {
  counts table;
  {
    std::string gone = "a key that is long enough to be on the heap";
    add(table, gone, 5);
    gone.assign(gone.size(), 'x');
  }
  CHECK(table.find(5, "a key that is long enough to be on the heap") != nullptr);
}
