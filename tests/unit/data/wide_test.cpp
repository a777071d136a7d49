#include "libstream/data/wide.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "libstream/data/hash.hpp"
#include "tests/property.hpp"

using namespace weir;

TEST_CASE("the wide instructions of this processor find what plain C++ finds", "[wide]") {
  auto compare = [](const std::string& text) {
    auto wide = data::bytes_16::load(text.data());
    auto plain = data::plain_bytes_16::load(text.data());
    RC_ASSERT(wide.white_space() == plain.white_space());
    RC_ASSERT(wide.escaped() == plain.escaped());
    for (int byte = 0; byte < 256; ++byte)
      RC_ASSERT(wide.equal(static_cast<char>(byte)) == plain.equal(static_cast<char>(byte)));
    std::string stored(16, '?');
    wide.store(stored.data());
    RC_ASSERT(stored == text.substr(0, 16));
  };
  weir::testing::check_property("of any bytes",
                                [&] { compare(*rc::gen::container<std::string>(16, rc::gen::arbitrary<char>())); });
  weir::testing::check_property("of bytes that matter", [&] {
    compare(*rc::gen::container<std::string>(16, rc::gen::elementOf(std::string{" \t\n\v\f\r\\a\x89\xa0\xff\b\x0e"})));
  });
}

TEST_CASE("a key has the same hash on every processor and in every build", "[hash]") {
  CHECK(data::hash_bytes("", 1) == 9557834939564441491u);
  CHECK(data::hash_bytes("word", 1) == 5254634121120240861u);
  CHECK(data::hash_bytes("sixteen bytes!!!", 42) == 14753446189126427801u);
  CHECK(data::hash_bytes("a key of more than sixteen bytes", 42) == 7379658861525640447u);
  CHECK(data::hash_word(7, 42) == 17876499862293663740u);
  CHECK(data::hash_combine(7, 42) == 16058068232147544705u);
}
