#include "libstream/log/producer_book.hpp"

#include <catch2/catch.hpp>

#include "libstream/log/memory_store.hpp"

using namespace weir;
using namespace weir::log;

namespace {

constexpr input_id input{3};
constexpr std::uint64_t hour_ms = 3'600'000;

std::vector<block_header> block_of(std::vector<producer_range> producers) {
  block_header header;
  header.id = {input, epoch{1}, block_sequence{1}};
  header.producers = std::move(producers);
  return {header};
}

void keep(memory_store& in, const producer_book& book) {
  transaction changes;
  book.write(changes);
  REQUIRE(in.commit(changes).has_value());
}

} // namespace

TEST_CASE("producers reach what stands in their blocks, and never go back", "[producer_book]") {
  memory_store store;
  {
    producer_book book{store};
    REQUIRE(book.append(block_of({{"a", 1, 5}, {"b", 1, 2}}), 100).has_value());
    REQUIRE(book.append(block_of({{"a", 6, 9}}), 200).has_value());
    keep(store, book);
  }
  CHECK(*read_producers(store, input) ==
        std::map<std::string, producer_position>{{"a", {9, false, 200}}, {"b", {2, false, 100}}});
  producer_book late{store};
  REQUIRE(late.append(block_of({{"a", 1, 5}}), 50).has_value());
  keep(store, late);
  CHECK(*read_producer(store, input, "a") == producer_position{9, false, 200});
}

TEST_CASE("a goodbye in the transaction of a producer's last blocks keeps what they reached", "[producer_book]") {
  memory_store store;
  {
    producer_book book{store};
    REQUIRE(book.append(block_of({{"a", 1, 5}}), 100).has_value());
    keep(store, book);
  }
  producer_book book{store};
  REQUIRE(book.append(block_of({{"a", 6, 9}}), 200).has_value());
  CHECK(*book.part(input, "a", 300) == false);
  CHECK(**book.greet(input, "a", 300) == producer_position{9, true, 300});
  CHECK(*book.part(input, "stranger", 300) == true);
  CHECK(*book.part(input, "stranger", 300) == false);
  keep(store, book);
  CHECK(*read_producer(store, input, "a") == producer_position{9, true, 300});
  CHECK(*read_producer(store, input, "stranger") == producer_position{0, true, 300});
}

TEST_CASE("a hello is written only when the log has not heard of the producer for long", "[producer_book]") {
  memory_store store;
  {
    producer_book book{store};
    REQUIRE(book.append(block_of({{"a", 1, 5}}), 100).has_value());
    keep(store, book);
  }
  producer_book book{store};
  CHECK_FALSE(book.greet(input, "stranger", 100)->has_value());
  CHECK(**book.greet(input, "a", 100 + hour_ms - 1) == producer_position{5, false, 100});
  transaction none;
  book.write(none);
  CHECK(none.empty());
  CHECK(**book.greet(input, "a", 100 + hour_ms) == producer_position{5, false, 100 + hour_ms});
  keep(store, book);
  CHECK((*read_producer(store, input, "a"))->seen_ms == 100 + hour_ms);
  CHECK_FALSE(read_producer(store, input, "stranger")->has_value());
}

TEST_CASE("a position that does not verify is an error, and not a producer that nobody knows", "[producer_book]") {
  memory_store store;
  transaction changes;
  put_producer(changes, input, "a", {5, false, 1});
  REQUIRE(store.commit(changes).has_value());
  REQUIRE(store.damage(table::producers, std::string{"\0\0\0\x03", 4} + "a", 2));
  producer_book book{store};
  CHECK(book.greet(input, "a", 1).error().code == error_code::corrupt);
  CHECK(book.part(input, "a", 1).error().code == error_code::corrupt);
  CHECK(book.append(block_of({{"a", 6, 6}}), 1).error().code == error_code::corrupt);
}

TEST_CASE("a name is forgotten only when it was silent for longer than the bound, and so many at a time", "[log]") {
  memory_store store;
  transaction changes;
  for (const char* name : {"a", "b", "c"})
    put_producer(changes, input_id{0}, name, {1, false, 100});
  put_producer(changes, input_id{0}, "young", {1, false, 101});
  REQUIRE(store.commit(changes));
  transaction none, some;
  CHECK(forget_producers(none, store, input_id{0}, 100, {}, 10)->forgotten == 0);
  auto counts = forget_producers(some, store, input_id{0}, 101, {}, 2);
  REQUIRE(counts);
  CHECK(counts->forgotten == 2);
  CHECK(counts->remaining == 2);
  CHECK(counts->example == "a");
  REQUIRE(store.commit(some));
  CHECK(read_producers(store, input_id{0})->size() == 2);
}

TEST_CASE("a name that is present is not forgotten, however long it was silent", "[log]") {
  memory_store store;
  transaction changes, some;
  for (const char* name : {"a", "b", "c"})
    put_producer(changes, input_id{0}, name, {1, false, 100});
  REQUIRE(store.commit(changes));
  auto counts = forget_producers(some, store, input_id{0}, 1'000'000, std::vector<std::string>{"a", "c"}, 10);
  REQUIRE(counts);
  CHECK(counts->forgotten == 1);
  CHECK(counts->remaining == 2);
  CHECK(counts->example == "b");
  REQUIRE(store.commit(some));
  auto left = read_producers(store, input_id{0});
  REQUIRE(left);
  CHECK(left->size() == 2);
  CHECK_FALSE(left->contains("b"));
}
