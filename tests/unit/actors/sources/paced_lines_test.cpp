#include "actors/sources/paced_lines.hpp"

#include <catch2/catch.hpp>

using namespace weir;
using namespace weir::actors;

namespace {

line_cutter::lines lines_of(std::string_view text, std::uint64_t count) {
  auto bytes = std::make_shared<data::buffer>(text.size());
  bytes->append(text);
  return {std::move(bytes), count};
}

} // namespace

TEST_CASE("lines of one read are handed over a few at a time, in their order, each once", "[rates]") {
  paced_lines lines;
  lines.add({});
  CHECK(lines.empty());
  lines.add(lines_of("one\ntwo\n\nfour\n", 4));
  lines.add(lines_of("last", 1)); // a stream's end needs no newline
  std::string all;
  std::vector<std::uint64_t> counts;
  while (!lines.empty()) {
    auto some = lines.next(3);
    all += some.bytes->view();
    counts.push_back(some.count);
  }
  CHECK(all == "one\ntwo\n\nfour\nlast");
  CHECK(counts == std::vector<std::uint64_t>{3, 1, 1});
}

TEST_CASE("what need not be cut is not copied", "[rates]") {
  paced_lines lines;
  auto read = lines_of("one\ntwo\n", 2);
  auto where = read.bytes->data();
  lines.add(read);
  CHECK(lines.next(2).bytes->data() == where);
}
