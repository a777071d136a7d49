#include "libstream/data/checksum.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace weir;

TEST_CASE("a checksum is the same in every build", "[checksum]") {
  CHECK(data::checksum("") == 0x2d06800538d394c2ULL);
  CHECK(data::checksum("weir") == 0x09831dc741817118ULL);
  CHECK(data::checksum("weir", 1) == 0x18b3a371387f03a2ULL);
}

TEST_CASE("the checksum of pieces is that of the whole, wherever it is cut", "[checksum]") {
  std::string text;
  for (int i = 0; i < 1000; ++i)
    text += std::to_string(i);
  CHECK(data::checksum(text, 7) == 0x19e8b08eb158e682ULL); // XXH3, as the library's own tool says it
  CHECK(data::checksum({text}) == 0xec805627ef5cc1a0ULL);
  for (std::size_t cut = 0; cut < text.size(); cut += 37) {
    auto whole = std::string_view{text};
    CHECK(data::checksum({whole.substr(0, cut), whole.substr(cut)}, 7) == data::checksum(text, 7));
  }
}
