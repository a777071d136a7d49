#include "libstream/data/keyed_table.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <deque>
#include <rapidcheck.h>
#include <string>
#include <tuple>
#include <unordered_map>

#include "tests/property.hpp"

using namespace weir;

namespace {

/// A user's key whose hash is as bad as the test wants.
struct coarse_key {
  std::uint32_t value = 0;
  bool operator==(const coarse_key&) const = default;
};
enum class colour : std::uint16_t { red, green, blue };

/// Larger than what a slot takes in.
struct large {
  std::array<std::uint64_t, 9> words{};
  bool operator==(const large&) const = default;
};

} // namespace

template <>
struct weir::data::record_traits<coarse_key> : plain_traits<coarse_key> {
  static std::uint64_t hash(const coarse_key& key, std::uint64_t) { return key.value % 3 << 8; } // 0 among them
  static std::string schema() { return "coarse"; }
  static void append_text(const coarse_key&, std::string&) {}
};
template <>
struct weir::data::record_traits<colour> : plain_traits<colour> {
  static std::uint64_t hash(colour key, std::uint64_t seed) { return hash_word(static_cast<std::uint64_t>(key), seed); }
  static std::string schema() { return "colour"; }
  static void append_text(colour, std::string&) {}
};
template <>
struct weir::data::record_traits<large> : plain_traits<large> {
  static std::uint64_t hash(const large& key, std::uint64_t seed) { return hash_word(key.words[0], seed); }
  static std::string schema() { return "large"; }
  static void append_text(const large&, std::string&) {}
};

namespace {

/// Makes keys of one type out of small numbers, so that keys repeat; equal numbers, equal keys.
template <class Key>
struct keys_from {
  static Key make(std::uint32_t number, std::string&) { return static_cast<Key>(number); }
};
template <>
struct keys_from<std::string_view> {
  /// Lengths 0 to 40; some end in NULs and differ in nothing but their number.
  static std::string_view make(std::uint32_t number, std::string& held) {
    held = std::string(number % 41, number % 5 == 0 ? '\0' : static_cast<char>('a' + number / 41 % 26));
    return held;
  }
};
template <>
struct keys_from<std::string> {
  static std::string make(std::uint32_t number, std::string& held) {
    return std::string{keys_from<std::string_view>::make(number, held)};
  }
};
template <>
struct keys_from<std::pair<std::string_view, int>> {
  static std::pair<std::string_view, int> make(std::uint32_t number, std::string& held) {
    return {keys_from<std::string_view>::make(number / 3, held), static_cast<int>(number % 3)};
  }
};
template <>
struct keys_from<coarse_key> {
  static coarse_key make(std::uint32_t number, std::string&) { return {number}; }
};
template <>
struct keys_from<large> {
  static large make(std::uint32_t number, std::string&) { return {{number % 7, number}}; }
};

std::string shown(const std::string& value) { return value; }
std::string shown(std::uint64_t value) { return std::to_string(value); }
std::string shown(const large& value) { return std::to_string(value.words[8]); }

/// What the value of a key is after it was seen at these places.
template <class Value>
struct values {
  static Value first(std::size_t place) { return static_cast<Value>(place); }
  static void add(Value& value, std::size_t place) { value = value * 31 + place; }
};
template <>
struct values<std::string> {
  static std::string first(std::size_t place) { return "a value too long to lie in place: " + std::to_string(place); }
  static void add(std::string& value, std::size_t place) { value += "," + std::to_string(place); }
};
template <>
struct values<large> {
  static large first(std::size_t place) { return {{0, 0, 0, 0, 0, 0, 0, 0, place}}; }
  static void add(large& value, std::size_t place) { value.words[8] = value.words[8] * 31 + place; }
};

template <class Key>
std::string name_of(const Key& key) {
  if constexpr (std::is_same_v<Key, large>)
    return std::to_string(key.words[0]) + "/" + std::to_string(key.words[1]);
  else if constexpr (std::is_same_v<Key, coarse_key>)
    return std::to_string(key.value);
  else if constexpr (std::is_same_v<Key, colour>)
    return std::to_string(static_cast<int>(key));
  else if constexpr (requires { key.first; })
    return std::string{key.first} + "/" + std::to_string(key.second);
  else if constexpr (std::is_integral_v<Key>)
    return std::to_string(key);
  else
    return std::string{key};
}

/// The same operations on the table, in chunks, and on a map of the standard library.
template <class Key, class Value, class Table>
void compare(Table& table, const std::vector<std::uint32_t>& numbers) {
  std::unordered_map<std::string, Value> model;
  std::size_t place = 0;
  while (place < numbers.size()) {
    auto count = std::min<std::size_t>(numbers.size() - place, 1 + numbers[place] % 70);
    std::vector<std::string> held(count);
    std::deque<Key> keys; // no vector, whose bools are no objects
    std::vector<typename Table::probe> probes;
    for (std::size_t i = 0; i < count; ++i)
      keys.push_back(keys_from<Key>::make(numbers[place + i], held[i]));
    for (auto& key : keys)
      probes.push_back(table.make_probe(key));
    table.upsert(
      probes, [&](std::size_t i) { return values<Value>::first(place + i); },
      [&](Value& value, std::size_t i) { values<Value>::add(value, place + i); });
    for (std::size_t i = 0; i < count; ++i) {
      auto [entry, fresh] = model.try_emplace(name_of(keys[i]), values<Value>::first(place + i));
      if (!fresh)
        values<Value>::add(entry->second, place + i);
    }
    for (auto& text : held)
      text.assign(text.size(), '#'); // the table must have its own copy
    place += count;
  }
  RC_ASSERT(table.size() == model.size());
  std::size_t visited = 0;
  table.visit([&](auto& key, Value& value) {
    ++visited;
    auto entry = model.find(name_of(data::table_key<Key>::copy(key)));
    RC_ASSERT(entry != model.end());
    RC_ASSERT(shown(entry->second) == shown(value));
  });
  RC_ASSERT(visited == model.size());
}

/// What is drained is what a visit sees, in its order.
template <class Key, class Table>
void check_drain(Table& table) {
  std::vector<std::string> seen, drained;
  auto note_in = [](auto& names) {
    return [&names](auto& key, auto& value) {
      names.push_back(name_of(data::table_key<Key>::copy(key)) + "=" + shown(value));
    };
  };
  table.visit(note_in(seen));
  table.drain(note_in(drained));
  RC_ASSERT(drained == seen);
}

template <class Key, class Value>
void check_against_model(std::uint32_t most) {
  weir::testing::check_property("against a model", [most](std::uint64_t seed) {
    auto numbers = *rc::gen::withSize([most](int size) {
      return rc::gen::resize(size * 8, rc::gen::container<std::vector<std::uint32_t>>(rc::gen::inRange(0u, most)));
    });
    data::keyed_table<Key, Value> table{seed};
    for (int use = 0; use < 3; ++use) { // as good as new after each way to empty it
      compare<Key, Value>(table, numbers);
      if (use == 0)
        table.clear();
      else
        check_drain<Key>(table);
      RC_ASSERT(table.size() == 0);
      table.visit([](auto&, auto&) { RC_FAIL("nothing is left"); });
    }
  });
}

using text_table = data::keyed_table<std::string_view, std::uint64_t>;

void add(text_table& table, std::string_view key) {
  table.upsert(
    key, [] { return 1; }, [](std::uint64_t& value) { ++value; });
}

template <class Table>
std::vector<std::string> order(Table& table) {
  std::vector<std::string> names;
  table.visit([&](auto& key, auto&) { names.push_back(std::string{key.view()}); });
  return names;
}

} // namespace

TEST_CASE("a table of text holds what an ordinary map holds", "[keyed_table]") {
  check_against_model<std::string_view, std::uint64_t>(2000);
  check_against_model<std::string_view, std::string>(2000);
  check_against_model<std::string_view, large>(2000);
}

TEST_CASE("a table of numbers holds what an ordinary map holds, zero too", "[keyed_table]") {
  check_against_model<std::uint64_t, std::uint64_t>(500);
  check_against_model<std::int32_t, std::string>(500);
  check_against_model<bool, std::uint64_t>(2);
  check_against_model<colour, large>(3);
}

TEST_CASE("a table of any other keys holds what an ordinary map holds", "[keyed_table]") {
  check_against_model<std::string, std::uint64_t>(2000);
  check_against_model<std::pair<std::string_view, int>, std::string>(2000);
  check_against_model<large, std::uint64_t>(500);
}

TEST_CASE("hashes that collide, and the hash 0, cost time and nothing else", "[keyed_table]") {
  check_against_model<coarse_key, std::uint64_t>(300);
}

TEST_CASE("keys of any length that differ in one byte, or in length alone, are different keys", "[keyed_table]") {
  for (std::size_t size = 0; size <= 40; ++size) {
    text_table table{42};
    std::string key(size, 'k');
    add(table, key);
    add(table, key + "k");
    add(table, key + std::string(1, '\0'));
    for (std::size_t at = 0; at < size; ++at) {
      auto other = key;
      other[at] = 'x';
      add(table, other);
    }
    add(table, std::string(key));
    REQUIRE(table.size() == size + 3);
    REQUIRE(*table.find(key) == 2);
    REQUIRE(table.find(key + "x") == nullptr);
  }
}

TEST_CASE("long keys whose hashes differ in the byte that is not kept are different keys", "[keyed_table]") {
  using layout = data::table_key<std::string_view>;
  std::string a(17, 'a'), b(17, 'b');
  auto first = layout::make(a, 1), second = layout::make(b, 1);
  second.tag = first.tag;
  data::keyed_table<std::string_view, std::uint64_t> table{1};
  std::array probes{first, second, first};
  table.upsert(
    probes, [](std::size_t) { return 1; }, [](std::uint64_t& value, std::size_t) { ++value; });
  CHECK(table.size() == 2);
}

TEST_CASE("keys are found after many growths, the chunks of a large table being prefetched", "[keyed_table]") {
  text_table table{1};
  std::vector<std::string> keys;
  for (int i = 0; i < 50'000; ++i)
    keys.push_back(std::to_string(i % 40'000));
  std::vector<text_table::probe> probes;
  for (auto& key : keys)
    probes.push_back(table.make_probe(key));
  table.upsert(
    probes, [](std::size_t) { return 1; }, [](std::uint64_t& value, std::size_t) { ++value; });
  CHECK(table.size() == 40'000);
  CHECK(table.slot_bytes() > limits::mib);
  CHECK(*table.find("9999") == 2);
  CHECK(*table.find("19999") == 1);
  CHECK(table.find("40000") == nullptr);
}

TEST_CASE("the order of a table follows from its seed, its first size and what was put into it", "[keyed_table]") {
  auto fill = [](std::uint64_t seed, std::size_t expected) {
    text_table table{seed, expected};
    for (int i = 0; i < 1000; ++i)
      add(table, std::to_string(i * i % 777));
    return order(table);
  };
  CHECK(fill(7, 0) == fill(7, 0));
  CHECK(fill(7, 100) == fill(7, 100));
  CHECK(fill(7, 0) != fill(8, 0));
}

TEST_CASE("filling a small table in the order of a large one does not pile its keys up", "[keyed_table]") {
  data::keyed_table<std::uint64_t, std::uint64_t> large_table{1};
  for (std::uint64_t i = 1; i <= 60'000; ++i)
    large_table.upsert(
      i, [] { return 1; }, [](std::uint64_t&) {});
  std::vector<std::uint64_t> ordered;
  large_table.visit([&](auto& key, auto&) { ordered.push_back(key.key); });
  data::keyed_table<std::uint64_t, std::uint64_t> table{1};
  std::size_t longest = 0;
  for (auto key : ordered) {
    table.upsert(
      key, [] { return 1; }, [](std::uint64_t&) {});
    if (table.size() % 1000 == 0)
      longest = std::max(longest, table.longest_cluster());
  }
  CHECK(table.size() == 60'000);
  CHECK(longest < 400); // at half load a cluster has a few dozen at most; a pile has tens of thousands
}

TEST_CASE("keys survive the bytes they were read from", "[keyed_table]") {
  text_table table{1};
  {
    std::string gone = "a key that is long enough to be on the heap";
    add(table, gone);
    gone.assign(gone.size(), 'x');
  }
  CHECK(table.find("a key that is long enough to be on the heap") != nullptr);
}

TEST_CASE("a first value that cannot be made leaves the table as it was", "[keyed_table]") {
  data::keyed_table<std::uint64_t, std::string> table{1};
  auto refuse = []() -> std::string { throw std::runtime_error{"no"}; };
  CHECK_THROWS(table.upsert(7, refuse, [](std::string&) {}));
  CHECK_THROWS(table.upsert(0, refuse, [](std::string&) {}));
  CHECK(table.size() == 0);
  CHECK(table.find(7) == nullptr);
  CHECK(table.find(0) == nullptr);
}

TEST_CASE("a full table joins what it knows in order, and passes the rest by", "[keyed_table]") {
  using table_type = data::keyed_table<std::uint64_t, std::string>;
  for (std::uint64_t known : {5u, 20'000u}) {
    table_type table{1};
    for (std::uint64_t key = 1; key < known; ++key)
      table.upsert(
        key, [] { return std::string{}; }, [](std::string&) {});
    std::vector<std::uint64_t> keys{3, known, 0, 3, known - 1, known + 1, 3, 0};
    std::vector<table_type::probe> probes;
    for (auto key : keys)
      probes.push_back(table.make_probe(key));
    std::vector<std::size_t> passed;
    auto join = [](std::string& places, std::size_t i) { places += std::to_string(i); };
    auto pass = [&](std::size_t i) { passed.push_back(i); };
    table.join_known(probes, join, pass);
    CHECK(passed == std::vector<std::size_t>{1, 2, 5, 7});
    CHECK(table.size() == known - 1);
    CHECK(*table.find(3) == "036");
    CHECK(*table.find(known - 1) == "4");
    CHECK(table.find(known) == nullptr);
    CHECK(table.find(0) == nullptr);
    table.upsert(
      0, [] { return std::string{"zero "}; }, [](std::string&) {});
    table.join_known(probes, join, [](std::size_t) {});
    CHECK(*table.find(0) == "zero 27");
  }
}

TEST_CASE("a table that is drained again and again counts each key anew, that of the value zero as well",
          "[keyed_table]") {
  data::keyed_table<std::uint64_t, std::uint64_t> table{1};
  std::vector<std::uint64_t> zeros;
  for (std::uint64_t round = 1; round <= 3; ++round) {
    for (std::uint64_t i = 0; i < 10 * round; ++i)
      for (std::uint64_t key : {std::uint64_t{0}, i})
        table.upsert(
          key, [] { return 1; }, [](std::uint64_t& count) { ++count; });
    CHECK(table.size() == 10 * round);
    CHECK(*table.find(0) == 10 * round + 1);
    table.drain([&](auto& key, std::uint64_t& count) {
      if (key.key == 0)
        zeros.push_back(count);
    });
    CHECK(table.find(0) == nullptr);
    CHECK(table.find(1) == nullptr);
  }
  CHECK(zeros == std::vector<std::uint64_t>{11, 21, 31});
}
