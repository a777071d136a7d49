#include <atomic>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <thread>

#include "libstream/log/keys.hpp"
#include "libstream/log/lmdb_store.hpp"
#include "libstream/log/memory_store.hpp"
#include "tests/unit/log/scratch.hpp"

using namespace weir;
using namespace weir::log;

namespace {

/// Both stores under one roof: whatever is promised by `store` is checked on each.
struct on_disk {
  on_disk() {
    auto created = lmdb_store::create(directory.path());
    REQUIRE(created.has_value());
    made = *created;
  }
  testing::scratch_directory directory;
  std::shared_ptr<store> made;
};
struct in_memory {
  std::shared_ptr<store> made = std::make_shared<memory_store>();
};

using rows = std::vector<std::pair<std::string, std::string>>;

rows read_all(const store& from, table t, std::string_view first = {}, std::string_view until = {}) {
  rows found;
  auto scanned = from.scan(t, first, until, true, [&](std::string_view key, const stored_value& value) {
    found.emplace_back(key, std::string{value.record} + "|" + std::string{value.payload});
    return true;
  });
  REQUIRE(scanned.has_value());
  return found;
}

void put_letters(store& in, std::string_view letters) {
  transaction changes;
  for (char letter : letters)
    changes.put(table::meta, std::string(1, letter), std::string(1, letter));
  REQUIRE(in.commit(changes).has_value());
}

} // namespace

TEMPLATE_TEST_CASE("a value comes back with its record and payload", "[log]", on_disk, in_memory) {
  TestType held;
  std::string payload(100'000, 'x');
  transaction changes;
  changes.put(table::blocks, "k", "record", payload);
  changes.put(table::meta, "empty", "");
  REQUIRE(held.made->commit(changes).has_value());

  auto value = held.made->get(table::blocks, "k");
  REQUIRE(value.has_value());
  REQUIRE(value->has_value());
  CHECK((*value)->record == "record");
  CHECK((*value)->payload == payload);
  REQUIRE((*value)->buffer);
  CHECK((*value)->buffer->view() == payload);
  CHECK(std::string_view((*value)->buffer->data() + payload.size(), limits::read_padding) ==
        std::string(limits::read_padding, '\0'));

  auto empty = held.made->get(table::meta, "empty");
  REQUIRE((empty.has_value() && empty->has_value()));
  CHECK((*empty)->record.empty());
  CHECK((*empty)->payload.empty());
  auto absent = held.made->get(table::meta, "k");
  REQUIRE(absent.has_value());
  CHECK_FALSE(absent->has_value());
}

TEMPLATE_TEST_CASE("a value that was read outlives its erasure", "[log]", on_disk, in_memory) {
  TestType held;
  put_letters(*held.made, "a");
  auto value = held.made->get(table::meta, "a");
  transaction erasing;
  erasing.erase(table::meta, "a");
  REQUIRE(held.made->commit(erasing).has_value());
  held.made.reset();
  REQUIRE((value.has_value() && value->has_value()));
  CHECK((*value)->record == "a");
}

TEMPLATE_TEST_CASE("a scan visits its range in the order of keys and stops when told", "[log]", on_disk, in_memory) {
  TestType held;
  put_letters(*held.made, "dbcae");
  CHECK(read_all(*held.made, table::meta) == rows{{"a", "a|"}, {"b", "b|"}, {"c", "c|"}, {"d", "d|"}, {"e", "e|"}});
  CHECK(read_all(*held.made, table::meta, "b", "d") == rows{{"b", "b|"}, {"c", "c|"}});
  CHECK(read_all(*held.made, table::meta, "bb") == rows{{"c", "c|"}, {"d", "d|"}, {"e", "e|"}});
  CHECK(read_all(*held.made, table::meta, "d", "b").empty());
  CHECK(read_all(*held.made, table::inputs).empty());
  int visits = 0;
  REQUIRE(held.made->scan(table::meta, {}, {}, false, [&](auto, auto&) { return ++visits < 2; }).has_value());
  CHECK(visits == 2);
}

TEMPLATE_TEST_CASE("erasing takes exactly the keys of its range", "[log]", on_disk, in_memory) {
  struct erasure {
    std::string from, until, left;
  };
  auto given = GENERATE(values<erasure>({{"b", "d", "ade"},
                                         {"bb", "cc", "abde"},
                                         {"", "c", "cde"},
                                         {"c", "", "ab"},
                                         {"", "", ""},
                                         {"d", "b", "abcde"},
                                         {"x", "z", "abcde"}}));
  TestType held;
  put_letters(*held.made, "abcde");
  transaction changes;
  changes.erase_range(table::meta, given.from, given.until);
  changes.erase(table::meta, "absent");
  REQUIRE(held.made->commit(changes).has_value());
  std::string left;
  for (const auto& [key, value] : read_all(*held.made, table::meta))
    left += key;
  CHECK(left == given.left);
}

TEMPLATE_TEST_CASE("changes of one transaction apply in their order", "[log]", on_disk, in_memory) {
  TestType held;
  transaction changes;
  changes.put(table::meta, "a", "1");
  changes.erase(table::meta, "a");
  changes.put(table::meta, "a", "2");
  changes.put(table::meta, "b", "1");
  changes.erase_range(table::meta, "b", "c");
  REQUIRE(held.made->commit(changes).has_value());
  CHECK(read_all(*held.made, table::meta) == rows{{"a", "2|"}});
}

TEMPLATE_TEST_CASE("a transaction that fails leaves nothing behind", "[log]", on_disk, in_memory) {
  TestType held;
  put_letters(*held.made, "a");
  transaction changes;
  changes.put(table::meta, "b", "b");
  changes.erase(table::meta, "a");
  changes.put(table::meta, std::string(600, 'k'), "too long a key");
  CHECK_FALSE(held.made->commit(changes).has_value());
  CHECK(read_all(*held.made, table::meta) == rows{{"a", "a|"}});
}

TEMPLATE_TEST_CASE("a store behaves like a map under random transactions", "[log]", on_disk, in_memory) {
  TestType held;
  std::mt19937 random{7};
  std::map<std::string, std::string> model;
  auto some_key = [&] { return "k" + std::to_string(random() % 40); };
  for (int step = 0; step < 300; ++step) {
    transaction changes;
    for (auto count = random() % 4 + 1; count > 0; --count) {
      auto key = some_key();
      auto choice = random() % 10;
      if (choice < 6) {
        auto payload = std::make_shared<const std::string>(random() % 6000, static_cast<char>('a' + random() % 26));
        changes.put(table::staged, key, "r", *payload, payload);
        model[key] = *payload;
      } else if (choice < 9) {
        changes.erase(table::staged, key);
        model.erase(key);
      } else {
        auto until = some_key();
        changes.erase_range(table::staged, key, until);
        if (key < until)
          model.erase(model.lower_bound(key), model.lower_bound(until));
      }
    }
    REQUIRE(held.made->commit(changes).has_value());
  }
  rows expected;
  for (const auto& [key, payload] : model)
    expected.emplace_back(key, "r|" + payload);
  CHECK(read_all(*held.made, table::staged) == expected);
}

TEMPLATE_TEST_CASE("readers on other threads see whole transactions only", "[log]", on_disk, in_memory) {
  TestType held;
  std::atomic<bool> done{false};
  std::atomic<int> torn{0};
  std::atomic<int> failed{0};
  std::thread reader{[&] {
    while (!done) {
      std::vector<std::string> seen;
      auto scanned = held.made->scan(table::meta, {}, {}, true, [&](auto, const stored_value& value) {
        seen.emplace_back(value.record);
        return true;
      });
      failed += !scanned;
      torn += !seen.empty() && (seen.size() != 2 || seen[0] != seen[1]);
    }
  }};
  for (int i = 0; i < 500; ++i) {
    transaction changes;
    changes.put(table::meta, "a", std::to_string(i));
    changes.put(table::meta, "b", std::to_string(i));
    REQUIRE(held.made->commit(changes).has_value());
  }
  done = true;
  reader.join();
  CHECK(torn == 0);
  CHECK(failed == 0);
}

TEST_CASE("every flipped bit of a value is an error that names table and key", "[log]") {
  memory_store store;
  auto key = block_key({input_id{1}, epoch{2}, block_sequence{17}});
  std::string payload(40, 'p');
  transaction changes;
  changes.put(table::blocks, key, "record", payload);
  REQUIRE(store.commit(changes).has_value());
  const auto clean = store.snapshot();
  std::size_t bits = 8 * clean[static_cast<std::size_t>(table::blocks)].at(key)->size();
  for (std::size_t bit = 0; bit < bits; ++bit) {
    memory_store damaged{clean};
    REQUIRE(damaged.damage(table::blocks, key, bit));
    auto value = damaged.get(table::blocks, key);
    REQUIRE_FALSE(value.has_value());
    CHECK(value.error().code == error_code::corrupt);
    CHECK(value.error().message().find("blocks input=1 epoch=2 seq=17") != std::string::npos);
  }
  CHECK_FALSE(store.damage(table::blocks, key, bits));
  CHECK_FALSE(store.damage(table::blocks, "absent", 0));
}

TEST_CASE("a scan without payloads finds a damaged record and lets a damaged payload pass", "[log]") {
  memory_store store;
  transaction changes;
  changes.put(table::blocks, "k", "record", "payload");
  REQUIRE(store.commit(changes).has_value());
  auto scan = [](const memory_store& from, bool with_payload) {
    return from.scan(table::blocks, {}, {}, with_payload, [](auto, auto&) { return true; }).has_value();
  };
  const auto clean = store.snapshot();
  auto size = clean[static_cast<std::size_t>(table::blocks)].at("k")->size();
  memory_store bad_payload{clean};
  REQUIRE(bad_payload.damage(table::blocks, "k", 8 * size - 1));
  CHECK(scan(bad_payload, false));
  CHECK_FALSE(scan(bad_payload, true));
  memory_store bad_record{clean};
  REQUIRE(bad_record.damage(table::blocks, "k", 8 * (size - std::string_view{"payload"}.size()) - 1));
  CHECK_FALSE(scan(bad_record, false));
}

TEST_CASE("a value under another key or table does not verify", "[log]") {
  memory_store store;
  transaction changes;
  changes.put(table::meta, "a", "record");
  REQUIRE(store.commit(changes).has_value());
  auto contents = store.snapshot();
  auto& meta = contents[static_cast<std::size_t>(table::meta)];
  meta["b"] = meta["a"];
  contents[static_cast<std::size_t>(table::inputs)]["a"] = meta["a"];
  memory_store moved{contents};
  CHECK(moved.get(table::meta, "a").has_value());
  CHECK_FALSE(moved.get(table::meta, "b").has_value());
  CHECK_FALSE(moved.get(table::inputs, "a").has_value());
}
