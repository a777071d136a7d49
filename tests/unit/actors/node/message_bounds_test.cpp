#include "actors/node/message_bounds.hpp"

#include <catch2/catch.hpp>

#include "actors/block_store/messages.hpp"

using namespace weir;
using namespace weir::actors;

namespace {

log::block_header header(std::uint64_t sequence, std::size_t producers) {
  log::block_header made;
  made.id.sequence = block_sequence{sequence};
  made.producers.resize(producers);
  return made;
}

std::vector<std::size_t> sizes(const std::vector<std::vector<log::block_header>>& parts) {
  std::vector<std::size_t> all;
  for (auto& part : parts)
    all.push_back(part.size());
  return all;
}

} // namespace

TEST_CASE("entries are counted in lists and in the lists of their elements", "[message_bounds]") {
  CHECK(entries_of(store_blocks{}) == 0);
  CHECK(entries_of(store_blocks{input_id{0}, epoch{1}, {}, {header(1, 2), header(2, 0)}}) == 4);
  CHECK(entries_of(release_blocks{epoch{1}, std::vector<log::block_range>(3)}) == 3);
}

TEST_CASE("a list is split where it is too long, in its order, and an element is never split", "[message_bounds]") {
  CHECK(in_parts(std::vector<log::block_header>{}).empty());
  std::vector<log::block_header> list;
  for (auto producers : {0, 1, 2, 0, 0, 9, 0})
    list.push_back(header(list.size() + 1, static_cast<std::size_t>(producers)));
  auto parts = in_parts(list, {4, most_part_bytes});
  CHECK(sizes(parts) == std::vector<std::size_t>{2, 2, 1, 1, 1});
  std::uint64_t sequence = 0;
  for (auto& part : parts)
    for (auto& each : part)
      CHECK(each.id.sequence.value == ++sequence);
  CHECK(sizes(in_parts(std::vector<log::block_header>(most_entries + 1))) == std::vector<std::size_t>{most_entries, 1});
}

TEST_CASE("a list is split where it has too many bytes, too", "[message_bounds]") {
  std::vector<std::string> names(10, std::string(100, 'x'));
  auto parts = in_parts(names, {most_entries, 350});
  CHECK(parts.size() == 4);
  CHECK(parts[0].size() == 3);
}

TEST_CASE("what is said for people is cut off where it is too long", "[message_bounds]") {
  CHECK(for_people("no number") == "no number");
  CHECK(for_people(std::string(5 * most_message_bytes, 'x')).size() < most_problem_bytes + 100);
}
