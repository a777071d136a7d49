#include "libstream/plan/sums.hpp"

#include <catch2/catch.hpp>

#include "libstream/data/flat.hpp"

using namespace weir;

TEST_CASE("sums of an accumulator that the program does not have are damage, never a place behind the last", "[sums]") {
  std::string bytes;
  data::append_flat(bytes, std::uint32_t{0});
  data::append_flat(bytes, std::string{"x"});
  auto added = plan::add_sums(bytes, {});
  REQUIRE_FALSE(added);
  CHECK(added.error().code == error_code::corrupt);
  CHECK_FALSE(plan::add_sums(std::string_view{bytes}.substr(0, bytes.size() - 1), {}));
  CHECK(plan::add_sums("", {}));
}
