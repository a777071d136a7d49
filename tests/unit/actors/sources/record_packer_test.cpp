#include "actors/sources/record_packer.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <random>
#include <string>
#include <vector>

using namespace weir::actors;

namespace {

/// A record as it should come out: its text, or nothing if it is too long.
using expected_record = std::optional<std::string>;

std::vector<expected_record> cut_naively(const std::string& input, std::size_t max_record_bytes) {
  std::vector<expected_record> records;
  for (std::size_t at = 0; at < input.size();) {
    auto end = std::min(input.find('\n', at), input.size());
    auto line = input.substr(at, end - at);
    auto bare = !line.empty() && line.back() == '\r' ? line.size() - 1 : line.size();
    records.push_back(bare > max_record_bytes ? expected_record{} : expected_record{line});
    at = end + 1;
  }
  return records;
}

void unpack(const record_pack& pack, std::vector<expected_record>& into) {
  if (!pack.bytes) {
    into.insert(into.end(), pack.count, expected_record{});
    return;
  }
  auto before = into.size();
  auto text = std::string{pack.bytes->view()};
  for (std::size_t at = 0; at < text.size();) {
    auto end = text.find('\n', at);
    REQUIRE(end != std::string::npos);
    into.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  CHECK(into.size() - before == pack.count);
}

std::string random_input(std::mt19937_64& random, std::size_t longest) {
  std::string input;
  auto lines = random() % 60;
  for (std::uint64_t i = 0; i < lines; ++i) {
    auto length = random() % 8 == 0 ? random() % (4 * longest) : random() % (longest / 2 + 1);
    input.append(random() % 6 == 0 ? longest : length, static_cast<char>('a' + i % 26));
    if (random() % 5 == 0)
      input += '\r';
    if (i + 1 < lines || random() % 2 == 0)
      input += '\n';
  }
  return input;
}

} // namespace

TEST_CASE("every record comes out once, in order, however it is read and taken", "[packer]") {
  std::mt19937_64 random{1};
  for (int round = 0; round < 3'000; ++round) {
    auto max_record_bytes = 1 + random() % 50;
    auto input = random_input(random, max_record_bytes);
    record_packer packer{max_record_bytes, 1 + random() % 80};
    std::vector<expected_record> records;
    std::size_t at = 0;
    for (int steps = 0; !packer.exhausted(); ++steps) {
      REQUIRE(steps < 100'000);
      if (random() % 2 == 0 && !packer.ended()) {
        auto space = packer.space();
        auto bytes = std::min({space.size(), input.size() - at, 1 + static_cast<std::size_t>(random() % 40)});
        std::copy_n(input.data() + at, bytes, space.data());
        at += bytes;
        if (bytes > 0)
          packer.filled(bytes);
        else if (at == input.size())
          packer.end();
      } else if (auto pack = packer.take(random() % 4 == 0 ? 1 + random() % 3 : UINT64_MAX)) {
        unpack(*pack, records);
      }
    }
    CHECK(records == cut_naively(input, max_record_bytes));
  }
}

TEST_CASE("a pack is the buffer that was read into", "[packer]") {
  record_packer packer{1024, 256};
  auto space = packer.space();
  std::memcpy(space.data(), "one\ntwo\nthr", 11);
  packer.filled(11);
  auto pack = packer.take(UINT64_MAX);
  REQUIRE(pack);
  CHECK(pack->bytes->data() == space.data());
  CHECK(pack->bytes->view() == "one\ntwo\n");
  CHECK(packer.waiting_bytes() == 3);
}

TEST_CASE("a record without end costs no more memory than the longest allowed one", "[packer]") {
  record_packer packer{1000, 100};
  std::size_t most = 0;
  for (int i = 0; i < 10'000; ++i) {
    auto space = packer.space();
    REQUIRE_FALSE(space.empty());
    most = std::max(most, space.size() + packer.waiting_bytes());
    std::memset(space.data(), 'x', space.size());
    packer.filled(space.size());
  }
  CHECK(most <= 1002);
  packer.end();
  auto pack = packer.take(UINT64_MAX);
  REQUIRE(pack);
  CHECK(pack->count == 1);
  CHECK_FALSE(pack->bytes);
  CHECK(packer.exhausted());
}
