#include <catch2/catch.hpp>

#include "libstream/operators/split_words.hpp"
#include "libstream/testing/test_driver.hpp"

using namespace weir;
using testing::rows;
using testing::test_driver;

namespace {

/// Pieces as constant_text wants them, with readable bytes behind each.
std::vector<plan::text_piece> pieces_of(std::initializer_list<std::string_view> texts) {
  std::vector<plan::text_piece> pieces;
  for (auto text : texts) {
    auto bytes = std::make_shared<std::string>(text);
    bytes->append(limits::read_padding, '\0');
    pieces.push_back({std::string_view{*bytes}.substr(0, text.size()), bytes});
  }
  return pieces;
}

} // namespace

TEST_CASE("a constant stream has the same records in every batch, also without input", "[constant]") {
  for (std::uint32_t slices : {1u, 2u, 7u}) {
    test_driver driver{[slices](stream_context& ctx) {
      ctx.constant(std::vector<int>{3, 1, 2}, slices).named("numbers").write_to(ctx.output());
    }};
    driver.step();
    CHECK(driver.output("numbers") == rows{"1", "2", "3"});
    driver.step();
    CHECK(driver.output("numbers") == rows{"1", "2", "3"});
  }
}

TEST_CASE("constant text is cut into records, whatever the slices", "[constant]") {
  for (std::uint32_t slices : {1u, 2u, 3u, 8u}) {
    test_driver driver{[slices](stream_context& ctx) {
      ctx.constant_text(pieces_of({"to be or\nnot to\n", "be\n", "that is\n"}), slices)
        .flat_map(split_words)
        .count_by_value()
        .named("counts")
        .write_to(ctx.output());
    }};
    for (int batch = 0; batch < 2; ++batch) {
      driver.step();
      CHECK(driver.output("counts") == rows{{"be", 2}, {"is", 1}, {"not", 1}, {"or", 1}, {"that", 1}, {"to", 2}});
    }
  }
}
