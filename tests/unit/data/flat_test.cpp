#include "libstream/data/flat.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "libstream/base/fields.hpp"
#include "libstream/base/ids.hpp"

using namespace weir;
using namespace weir::data;

namespace {

enum class colour : std::uint8_t { red, green };

struct listed {
  std::string name;
  std::optional<std::uint32_t> count = 7;
  block_id block;
  bool operator==(const listed&) const = default;
  WEIR_FIELDS(x.name, x.count, x.block)
};

struct packed {
  int x = 0;
  std::string y = "some default";
  bool operator==(const packed&) const = default;
  MSGPACK_DEFINE(x, y)
};

/// Neither the codec nor the flat encoding can know what is in it.
struct closed {
  void* inside = nullptr;
};

struct nothing {
  WEIR_FIELDS()
};

template <class T>
std::string flat(const T& value) {
  std::string bytes;
  append_flat(bytes, value);
  return bytes;
}

/// A round trip, and that no shorter, longer or altered bytes do more than fail.
template <class T>
void holds(const T& value) {
  auto bytes = flat(value);
  auto back = decode_flat<T>(bytes);
  RC_ASSERT(back.has_value());
  RC_ASSERT(*back == value);
  RC_ASSERT(!decode_flat<T>(bytes + 'x').has_value());
  for (std::size_t size = 0; size < bytes.size(); size += 1 + bytes.size() / 100) {
    auto cut = decode_flat<T>(std::string{bytes, 0, size}); // a copy, so that a sanitizer sees the end
    RC_ASSERT(!cut.has_value());
    RC_ASSERT(cut.error().code == error_code::corrupt);
  }
  auto altered = bytes;
  altered[*rc::gen::inRange<std::size_t>(0, bytes.size())] ^= static_cast<char>(*rc::gen::inRange(1, 256));
  if (auto read = decode_flat<T>(altered))
    RC_ASSERT(decode_flat<T>(flat(*read)).has_value());
}

template <class T>
void always_holds(const char* what) {
  CHECK(rc::check(std::string{what} + typeid(T).name(), [](const T& value) { holds(value); }));
}

template <class... Ts>
void all_hold(const char* what) {
  (always_holds<Ts>(what), ...);
}

} // namespace

namespace rc {
template <class T>
struct Arbitrary<std::optional<T>> {
  static Gen<std::optional<T>> arbitrary() {
    return gen::map(gen::arbitrary<std::pair<bool, T>>(),
                    [](const auto& drawn) { return drawn.first ? std::optional<T>{drawn.second} : std::nullopt; });
  }
};
template <>
struct Arbitrary<listed> {
  static Gen<listed> arbitrary() {
    return gen::map(gen::arbitrary<std::tuple<std::string, std::uint32_t, bool>>(), [](const auto& drawn) {
      auto& [name, number, present] = drawn;
      listed made{name, std::nullopt, {input_id{number}, epoch{number / 2}, block_sequence{number / 3}}};
      if (present)
        made.count = number;
      return made;
    });
  }
};
template <>
struct Arbitrary<packed> {
  static Gen<packed> arbitrary() {
    return gen::map(gen::arbitrary<std::pair<int, std::string>>(), [](const auto& drawn) {
      return packed{drawn.first, drawn.second};
    });
  }
};
template <>
struct Arbitrary<colour> {
  static Gen<colour> arbitrary() { return gen::element(colour::red, colour::green); }
};
} // namespace rc

TEST_CASE("a value of every shape survives the flat encoding, and shorter bytes are refused", "[flat]") {
  using text = std::string;
  all_hold<bool, std::int16_t, std::uint16_t, std::int32_t, std::uint64_t, float, double, colour>("number ");
  all_hold<text, std::pair<text, std::uint64_t>, std::tuple<std::uint16_t, text, double>>("product ");
  all_hold<std::optional<text>, std::vector<std::uint32_t>, std::vector<bool>, std::vector<text>>("container ");
  all_hold<std::map<text, std::vector<std::optional<std::pair<int, text>>>>, std::unordered_map<std::uint64_t, text>>(
    "map ");
  all_hold<listed, packed, std::vector<listed>, std::vector<packed>, std::pair<packed, std::vector<std::vector<text>>>>(
    "struct ");
}

TEST_CASE("a decoded string_view is a view of the bytes", "[flat]") {
  auto bytes = flat(std::pair<std::string_view, std::string_view>{"first", ""});
  auto back = decode_flat<std::pair<std::string_view, std::string_view>>(bytes);
  REQUIRE(back.has_value());
  CHECK(back->first == "first");
  CHECK(back->second.empty());
  CHECK(back->first.data() > bytes.data());
  CHECK(back->first.data() < bytes.data() + bytes.size());
}

TEST_CASE("long texts and lengths of several bytes come back", "[flat]") {
  for (std::size_t size : {0u, 1u, 127u, 128u, 16'383u, 16'384u, 3'000'000u}) {
    std::string text(size, 'x');
    auto back = decode_flat<std::string>(flat(text));
    REQUIRE(back.has_value());
    CHECK(*back == text);
  }
}

TEST_CASE("a length that cannot be right takes no memory", "[flat]") {
  auto endless = std::string(9, '\xff') + '\x01'; // 2^64 - 1
  CHECK_FALSE(decode_flat<std::string>(endless + "abc").has_value());
  CHECK_FALSE(decode_flat<std::vector<double>>(endless + "abcdefghi").has_value());
  CHECK_FALSE(decode_flat<std::vector<std::string>>(endless + "abcdefghi").has_value());
  CHECK_FALSE(decode_flat<std::string>(std::string(12, '\xff')).has_value());
}

TEST_CASE("what is no value of the type is refused", "[flat]") {
  CHECK_FALSE(decode_flat<bool>("\x02").has_value());
  CHECK_FALSE(decode_flat<std::optional<char>>(std::string{"\x03z"}).has_value());
  auto twice = flat(std::vector<std::pair<int, int>>{{1, 2}, {1, 3}});
  CHECK_FALSE((decode_flat<std::map<int, int>>(twice).has_value()));
  CHECK_FALSE(decode_flat<packed>(flat(std::string{"no msgpack"})).has_value());
}

TEST_CASE("a type that does not say what it holds cannot be encoded", "[flat]") {
  STATIC_REQUIRE_FALSE(flat_encodable<closed>);
  STATIC_REQUIRE_FALSE(flat_encodable<std::pair<int, closed>>);
  STATIC_REQUIRE_FALSE(flat_encodable<std::vector<closed>>);
  STATIC_REQUIRE_FALSE(flat_encodable<void*>);
  STATIC_REQUIRE_FALSE(flat_encodable<nothing>); // a vector of them could be of any length
  STATIC_REQUIRE(flat_encodable<std::map<std::string_view, listed>>);
}
