#include "actors/sources/line_cutter.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <rapidcheck.h>
#include <vector>

#include "tests/property.hpp"

using namespace weir::actors;

namespace {

struct cut {
  std::string text;
  std::uint64_t count = 0;
  std::uint64_t skipped = 0;
};

cut cut_in_pieces(const std::string& stream, const std::vector<std::size_t>& ends, std::size_t most, bool ends_well) {
  line_cutter cutter{most};
  cut found;
  auto take = [&](line_cutter::lines lines) {
    found.count += lines.count;
    if (lines.bytes)
      found.text += lines.bytes->view();
    REQUIRE((lines.count > 0) == (lines.bytes != nullptr));
  };
  std::size_t at = 0;
  for (auto end : ends) {
    take(cutter.add(std::string_view{stream}.substr(at, end - at)));
    at = end;
  }
  take(cutter.add(std::string_view{stream}.substr(at)));
  if (ends_well)
    take(cutter.finish());
  found.skipped = cutter.skipped();
  return found;
}

/// The plainest way, over the whole stream at once.
cut cut_naively(const std::string& stream, std::size_t most) {
  cut found;
  for (std::size_t at = 0; at < stream.size();) {
    auto end = std::min(stream.find('\n', at), stream.size());
    auto line = stream.substr(at, end - at);
    at = end + 1;
    auto record = !line.empty() && line.back() == '\r' ? line.substr(0, line.size() - 1) : line;
    if (record.size() > most) {
      ++found.skipped;
      continue;
    }
    found.text += line + "\n";
    ++found.count;
  }
  return found;
}

} // namespace

TEST_CASE("lines come out whole, however the bytes arrive", "[tcp]") {
  std::mt19937_64 random{7};
  for (int round = 0; round < 3000; ++round) {
    std::string stream;
    for (auto length = random() % 60; length > 0; --length)
      stream += "ab\n\r"[random() % 4];
    auto most = 1 + random() % 8;
    std::vector<std::size_t> ends;
    for (std::size_t at = 0; at < stream.size(); at += random() % 9)
      ends.push_back(at);
    auto expected = cut_naively(stream, most);
    auto found = cut_in_pieces(stream, ends, most, true);
    INFO("stream of round " << round);
    REQUIRE(found.text == expected.text);
    REQUIRE(found.count == expected.count);
    REQUIRE(found.skipped == expected.skipped);
  }
}

TEST_CASE("an unterminated last line counts when the stream ends, and never when it breaks off", "[tcp]") {
  CHECK(cut_in_pieces("one\ntwo", {2}, 100, true).text == "one\ntwo\n");
  line_cutter cutter{100};
  cutter.add("one\ntw");
  cutter.abandon();
  CHECK(cutter.add("three\n").bytes->view() == "three\n");
  CHECK_FALSE(cutter.finish().bytes);
}

TEST_CASE("a line that is too long is skipped once, and what follows is read", "[tcp]") {
  line_cutter cutter{10};
  for (int i = 0; i < 1000; ++i)
    CHECK_FALSE(cutter.add("0123456789").bytes);
  auto rest = cutter.add("0\nnext\n");
  CHECK(rest.bytes->view() == "next\n");
  CHECK(cutter.skipped() == 1);
  CHECK(cutter.add("0123456789\r\n").count == 1);
  CHECK(cutter.add("0123456789a\n").count == 0);
  CHECK(cutter.skipped() == 2);
}

TEST_CASE("a cutter that has had streams, ended or broken off anywhere, cuts the next one as a fresh cutter does",
          "[tcp]") {
  weir::testing::check_property("used against fresh", [] {
    auto most = *rc::gen::inRange<std::size_t>(1, 6);
    line_cutter used{most};
    std::uint64_t skipped = 0;
    for (auto streams = *rc::gen::inRange(1, 6); streams > 0; --streams) {
      line_cutter fresh{most};
      auto same = [](const line_cutter::lines& a, const line_cutter::lines& b) {
        return a.count == b.count && (a.bytes ? a.bytes->view() : "") == (b.bytes ? b.bytes->view() : "");
      };
      auto pieces = *rc::gen::container<std::vector<std::string>>(
        rc::gen::container<std::string>(rc::gen::elementOf(std::string{"aab\n\r"})));
      for (auto& piece : pieces)
        RC_ASSERT(same(used.add(piece), fresh.add(piece)));
      if (*rc::gen::arbitrary<bool>()) {
        RC_ASSERT(same(used.finish(), fresh.finish()));
      } else {
        used.abandon();
        fresh.abandon();
      }
      skipped += fresh.skipped();
      RC_ASSERT(used.skipped() == skipped);
    }
  });
}

TEST_CASE("a stream that breaks off within a line that is too long takes nothing from the next one", "[tcp]") {
  line_cutter cutter{3};
  CHECK(cutter.add("much too long").count == 0);
  cutter.abandon();
  auto next = cutter.add("one\ntwo\n");
  CHECK(next.count == 2);
  CHECK(next.bytes->view() == "one\ntwo\n");
  CHECK(cutter.skipped() == 1);
}
