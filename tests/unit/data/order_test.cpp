#include "libstream/data/order.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <rapidcheck.h>

#include "libstream/data/keyed_table.hpp"
#include "libstream/data/msgpack_record.hpp"

using namespace weir;
using namespace weir::data;

namespace {

constexpr auto no_number = std::numeric_limits<double>::quiet_NaN();
constexpr auto infinity = std::numeric_limits<double>::infinity();

struct measure {
  double value = 0;
  std::string name;
  auto operator<=>(const measure&) const = default;
  MSGPACK_DEFINE(value, name);
};
struct by_name_only {
  double value = 0;
  int name = 0;
  bool operator<(const by_name_only& other) const { return name < other.name; }
  MSGPACK_DEFINE(value, name);
};
struct holding_all {
  std::array<double, 2> both{};
  double plain[2] = {};
  std::optional<float> maybe;
  std::vector<measure> more;
  bool operator==(const holding_all&) const = default;
  MSGPACK_DEFINE(both, plain, maybe, more);
};

/// Ascending; those of one row are the same.
template <class T>
void check_order(const std::vector<std::vector<T>>& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (std::size_t j = 0; j < rows.size(); ++j)
      for (auto& a : rows[i])
        for (auto& b : rows[j]) {
          CAPTURE(i, j);
          CHECK(precedes(a, b) == (i < j));
          CHECK((compare(a, b) < 0) == (i < j));
          CHECK((compare(a, b) == 0) == (i == j));
          CHECK(same(a, b) == (i == j));
          if (i == j)
            CHECK(record_traits<T>::hash(a, 7) == record_traits<T>::hash(b, 7));
        }
}

} // namespace

TEST_CASE("NaN is one key and the greatest number, and -0.0 is 0.0, wherever they stand", "[order]") {
  check_order<double>({{-infinity}, {-1}, {-0.0, 0.0}, {1}, {infinity}, {no_number, -no_number, std::nan("3")}});
  check_order<float>({{-1}, {-0.0f, 0.0f}, {1}, {std::nanf(""), -std::nanf("")}});
  check_order<std::pair<double, int>>(
    {{{-0.0, 1}, {0.0, 1}}, {{0.0, 2}}, {{1, 0}}, {{no_number, 0}, {-no_number, 0}}, {{no_number, 1}}});
  check_order<std::tuple<int, double>>({{{1, 5}}, {{1, no_number}}, {{2, -0.0}, {2, 0.0}}, {{2, no_number}}});
  check_order<std::optional<double>>({{std::nullopt}, {-1.0}, {0.0, -0.0}, {no_number, -no_number}});
  check_order<std::vector<double>>(
    {{{}}, {{0.0}, {-0.0}}, {{0.0, no_number}}, {{1}}, {{no_number}}, {{no_number, 1}}, {{no_number, no_number}}});
  check_order<std::map<int, double>>({{{}}, {{{1, 0.0}}, {{1, -0.0}}}, {{{1, no_number}}}, {{{2, 0.0}}}});
  check_order<measure>({{{-1, "b"}},
                        {{-0.0, "a"}, {0.0, "a"}},
                        {{0.0, "b"}},
                        {{5, "a"}},
                        {{no_number, "a"}, {-no_number, "a"}},
                        {{no_number, "b"}}});
  check_order<std::pair<std::optional<measure>, int>>(
    {{{std::nullopt, 3}}, {{measure{1, "a"}, 0}}, {{measure{no_number, "a"}, 0}}, {{measure{no_number, "a"}, 1}}});
}

TEST_CASE("a struct with an order of its own keeps it, also where it holds NaN", "[order]") {
  CHECK(precedes(by_name_only{no_number, 1}, by_name_only{0, 2}));
  CHECK(precedes(by_name_only{0, 1}, by_name_only{no_number, 2}));
  CHECK(precedes(by_name_only{0, 1}, by_name_only{no_number, 1}));
  CHECK_FALSE(precedes(by_name_only{no_number, 1}, by_name_only{0, 1}));
}

TEST_CASE("members of any kind are the same key if they look so to the order", "[order]") {
  holding_all a{{0.0, no_number}, {no_number, 0.0}, 0.0f, {{no_number, "x"}}},
    b{{-0.0, -no_number}, {-no_number, -0.0}, -0.0f, {{-no_number, "x"}}},
    c{{0.0, 1}, {no_number, 0.0}, 0.0f, {{no_number, "x"}}};
  CHECK(same(a, b));
  CHECK_FALSE(same(a, c));
  CHECK(record_traits<holding_all>::hash(a, 1) == record_traits<holding_all>::hash(b, 1));
  auto normal = normalized(b);
  CHECK_FALSE(std::signbit(normal.both[0]));
  CHECK_FALSE(std::signbit(normal.plain[1]));
  CHECK_FALSE(std::signbit(*normal.maybe));
  CHECK_FALSE(std::signbit(normal.more[0].value));
}

TEST_CASE("what holds no floating point number is compared as it always was", "[order]") {
  STATIC_REQUIRE_FALSE(contains_floating_point<std::pair<std::string_view, std::vector<int>>>);
  STATIC_REQUIRE_FALSE(contains_floating_point<std::map<int, std::string>>);
  STATIC_REQUIRE(contains_floating_point<std::map<int, std::vector<float>>>);
  STATIC_REQUIRE(std::is_same_v<map_of<std::string, int>, std::map<std::string, int>>);
  STATIC_REQUIRE(std::is_same_v<decltype(total_order<int>(std::less<>{})), std::less<>>);
  STATIC_REQUIRE(std::is_same_v<decltype(total_order<double>(std::greater<>{})), after>);
  STATIC_REQUIRE(std::is_same_v<decltype(total_order<double>(std::ranges::less{})), before>);
  STATIC_REQUIRE(std::is_same_v<decltype(total_order<std::pair<int, double>>(std::ranges::greater{})), after>);
}

TEST_CASE("structs are ordered strictly and weakly, whatever is NaN in them", "[order]") {
  auto holds = rc::check([] {
    auto number = rc::gen::element(no_number, -no_number, 0.0, -0.0, 1.0, infinity);
    auto any = [&] { return measure{*number, *rc::gen::element<std::string>("a", "b")}; };
    auto a = any(), b = any(), c = any();
    RC_ASSERT(!precedes(a, a));
    RC_ASSERT(!(precedes(a, b) && precedes(b, a)));
    if (precedes(a, b) && precedes(b, c))
      RC_ASSERT(precedes(a, c));
    if (compare(a, b) == 0 && compare(b, c) == 0)
      RC_ASSERT((compare(a, c) == 0));
  });
  CHECK(holds);
}

TEST_CASE("a table holds one normal form of keys that are the same", "[order][keyed_table]") {
  for (auto first : {0.0, -0.0}) {
    keyed_table<double, int> table{1};
    for (auto key : {first, -first, no_number, -no_number, no_number})
      table.upsert(
        key, [] { return 1; }, [](int& times) { ++times; });
    CHECK(table.size() == 2);
    CHECK(*table.find(-first) == 2);
    CHECK(*table.find(-no_number) == 3);
    table.visit([](auto& key, int) { CHECK_FALSE(std::signbit(key.key)); });
  }
}
