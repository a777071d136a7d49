#include "libstream/data/arena.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace weir;

TEST_CASE("behind each text of an arena as many bytes are readable as wide loads read, also at the end of a block",
          "[arena]") {
  for (std::size_t size : {1u, 63u, 64u, 65u, 4032u, 4033u, 65'472u, 65'536u, 100'000u}) {
    CAPTURE(size);
    data::arena home;
    std::vector<std::string_view> texts;
    for (std::size_t total = 0; total < 300'000; total += 64 + size) {
      texts.push_back(home.copy(std::string(64, 'a')));
      texts.push_back(home.copy(std::string(size, 'b')));
    }
    volatile unsigned sum = 0; // so that all are read; the sanitizer of this build watches
    for (auto text : texts)
      for (std::size_t behind = 0; behind < limits::read_padding; ++behind)
        sum = sum + static_cast<unsigned char>(text.data()[text.size() + behind]);
    for (std::size_t at = 0; at < texts.size(); at += 2) {
      CHECK(texts[at] == std::string(64, 'a'));
      CHECK(texts[at + 1] == std::string(size, 'b'));
    }
  }
}
