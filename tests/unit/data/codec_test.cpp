#include "libstream/data/codec.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <optional>
#include <rapidcheck.h>

#include "libstream/base/fields.hpp"
#include "libstream/base/ids.hpp"
#include "tests/property.hpp"

using namespace weir;

namespace {

struct version_1 {
  std::string name;
  std::uint64_t count = 0;
  WEIR_FIELDS(x.name, x.count)
};

struct version_2 {
  std::string name;
  std::uint64_t count = 0;
  std::optional<std::string> note = "none";
  block_id block{input_id{3}, epoch{4}, block_sequence{5}};
  bool operator==(const version_2&) const = default;
  WEIR_FIELDS(x.name, x.count, x.note, x.block)
};

struct user_point {
  int x = 0;
  double y = 0;
  bool operator==(const user_point&) const = default;
  MSGPACK_DEFINE(x, y)
};

struct user_point_3d {
  int x = 0;
  double y = 0, z = 0;
  MSGPACK_DEFINE(x, y, z)
};

enum class colour : std::uint8_t { red, green };

template <class T>
void round_trip(const T& value) {
  auto back = data::decode<T>(data::encode(value));
  REQUIRE(back);
  CHECK(*back == value);
}

std::string bytes_of(std::initializer_list<int> values) {
  std::string bytes;
  for (int value : values)
    bytes.push_back(static_cast<char>(value));
  return bytes;
}

} // namespace

TEST_CASE("every supported type survives encoding", "[codec]") {
  round_trip(std::uint64_t{0xffff'ffff'ffff'ffff});
  round_trip(std::int64_t{-1234567890123});
  round_trip(true);
  round_trip(2.5);
  round_trip(1.25F);
  round_trip(colour::green);
  round_trip(std::string{"a\0b", 3});
  round_trip(batch_id{77});
  round_trip(std::pair{std::string{"k"}, 5});
  round_trip(std::tuple{1, std::string{"x"}, std::vector<bool>{true, false}});
  round_trip(std::optional<int>{});
  round_trip(std::optional<int>{3});
  round_trip(std::vector<std::pair<std::string, std::uint32_t>>{{"a", 1}, {"b", 2}});
  round_trip(std::map<std::string, std::vector<int>>{{"a", {1}}, {"b", {}}});
  round_trip(std::unordered_map<int, int>{{1, 2}, {3, 4}});
  round_trip(user_point{3, -1.5});
  round_trip(std::vector<user_point>{{1, 2}, {3, 4}});
  round_trip(version_2{"n", 9, std::nullopt, {}});
}

TEST_CASE("a decoded view is a view of the encoded bytes", "[codec]") {
  const auto bytes = data::encode(std::string{"weir"});
  auto view = data::decode<std::string_view>(bytes);
  REQUIRE(view);
  CHECK(*view == "weir");
  CHECK(view->data() == bytes.data() + 1);
}

TEST_CASE("an older record decodes with defaults for the fields that were appended since", "[codec]") {
  auto newer = data::decode<version_2>(data::encode(version_1{"n", 9}));
  REQUIRE(newer);
  CHECK(*newer == version_2{"n", 9});
}

TEST_CASE("what does not fit is refused with exit code 65", "[codec]") {
  auto refused = [](auto decoded) { return !decoded && decoded.error().code == error_code::corrupt; };
  CHECK(refused(data::decode<version_1>(data::encode(version_2{"n", 9}))));
  CHECK(refused(data::decode<version_1>(data::encode(std::tuple{5, 6}))));
  CHECK(refused(data::decode<std::uint8_t>(data::encode(256))));
  CHECK(refused(data::decode<std::uint64_t>(data::encode(-1))));
  CHECK(refused(data::decode<std::string>(data::encode(1))));
  CHECK(refused(data::decode<std::pair<int, int>>(data::encode(std::tuple{1, 2, 3}))));
  CHECK(refused(data::decode<user_point>(data::encode(user_point_3d{1, 2, 3}))));
  CHECK(refused(data::decode<user_point_3d>(data::encode(user_point{1, 2}))));
  CHECK(refused(data::decode<int>(data::encode(1) + "x")));
  CHECK(refused(data::decode<int>("")));
  CHECK(refused(data::decode<std::map<int, int>>(bytes_of({0x82, 1, 2, 1, 3}))));
}

TEST_CASE("a header that claims billions of elements is refused before they are reserved", "[codec]") {
  CHECK_FALSE(data::decode<std::vector<int>>(bytes_of({0xdd, 0xff, 0xff, 0xff, 0xff, 1})));
  CHECK_FALSE(data::decode<std::map<int, int>>(bytes_of({0xdf, 0x7f, 0xff, 0xff, 0xff, 1})));
  CHECK_FALSE(data::decode<std::string>(bytes_of({0xdb, 0xff, 0xff, 0xff, 0xff, 'a'})));
  // Each level announces nearly all of the bytes that are left: no single header is too large, their sum is.
  std::string nested;
  for (int level = 0; level < 60; ++level)
    nested += bytes_of({0xdd, 0, 0, 1, 0});
  CHECK_FALSE(data::packed_bytes::parse(nested + std::string(200, '\x01')));
  CHECK_FALSE(data::packed_bytes::parse(std::string(100'000, '\x91')));
}

TEST_CASE("random and truncated bytes decode to an error or to a value, and never to harm", "[codec]") {
  weir::testing::check_property("random bytes", [](const std::string& bytes) {
    auto decoded = data::decode<version_2>(bytes);
    if (!decoded)
      RC_ASSERT(decoded.error().code == error_code::corrupt);
  });
  const auto whole = data::encode(version_2{"name", 300, "note"});
  for (std::size_t length = 0; length < whole.size(); ++length)
    CHECK_FALSE(data::decode<version_2>(std::string_view{whole}.substr(0, length)));
}

namespace {

struct edge {
  double number = 0;
  std::array<float, 2> floats{};
  std::optional<std::optional<int>> nested;
  bool operator==(const edge&) const = default;
  MSGPACK_DEFINE(number, floats, nested);
};

} // namespace

TEST_CASE("the sign of a zero and NaN survive msgpack, and whole numbers stay short", "[codec]") {
  for (double number : {0.0, -0.0, 1.0, -1.0, 0.1, 1e300, -0x1p63, 0x1p63, 0x1p64, std::nan("")}) {
    CAPTURE(number);
    auto back = *data::decode<double>(data::encode(number));
    CHECK((back == number || number != number));
    CHECK(std::isnan(back) == std::isnan(number));
    CHECK((std::signbit(back) == std::signbit(number) || number != number));
    auto small = static_cast<float>(number);
    auto small_back = *data::decode<float>(data::encode(small));
    CHECK((small_back == small || small != small));
    CHECK((std::signbit(small_back) == std::signbit(small) || small != small));
  }
  CHECK(data::encode(5.0) == data::encode(5));
  CHECK(data::encode(0.0) == data::encode(0));
  CHECK(data::encode_normal(-0.0) == data::encode_normal(0.0));
  CHECK(data::encode_normal(-std::nan("1")) == data::encode_normal(std::nan("2")));
  auto back = *data::decode<edge>(data::encode(edge{-0.0, {-0.0f, 2}, {}}));
  CHECK(std::signbit(back.number));
  CHECK(std::signbit(back.floats[0]));
}

TEST_CASE("optionals within each other come back as deep as they were", "[codec]") {
  using two = std::optional<std::optional<int>>;
  using three = std::optional<two>;
  for (auto& each : {two{}, two{std::in_place}, two{5}}) {
    CHECK(*data::decode<two>(data::encode(each)) == each);
    CHECK((*data::decode<std::vector<two>>(data::encode(std::vector<two>{each, each}))).at(1) == each);
    CHECK(data::decode<edge>(data::encode(edge{1, {}, each}))->nested == each);
  }
  for (auto& each : {three{}, three{std::in_place}, three{two{std::in_place}}, three{7}})
    CHECK(*data::decode<three>(data::encode(each)) == each);
  CHECK(data::encode(two{5}) == data::encode(5)); // as it always was
  CHECK_FALSE(data::decode<std::optional<int>>(data::encode(two{std::in_place})).has_value());
}
