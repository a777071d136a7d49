#include "libstream/data/line_text.hpp"

#include <catch2/catch.hpp>
#include <limits>
#include <rapidcheck.h>

#include "tests/property.hpp"

using namespace weir;

namespace {

template <class T>
std::string fast(const T& value) {
  std::string text(data::line_text<T>::most(value) + data::line_detail::slack, '?');
  auto end = data::line_text<T>::write(value, text.data());
  auto size = static_cast<std::size_t>(end - text.data());
  CHECK(size <= data::line_text<T>::most(value));
  text.resize(size);
  return text;
}

template <class T>
std::string slow(const T& value) {
  std::string text;
  data::record_traits<T>::append_text(value, text);
  return text;
}

template <class T>
void check_number(T value) {
  REQUIRE(fast(value) == slow(value));
}

} // namespace

TEST_CASE("numbers are written as append_text writes them", "[line_text]") {
  for (std::uint64_t value = 0; value < 20'000; ++value)
    check_number(value);
  for (std::uint64_t power = 1; power < 1'000'000'000'000'000'000; power *= 10)
    for (auto value : {power - 1, power, power + 1})
      check_number(value);
  check_number(std::numeric_limits<std::uint64_t>::max());
  check_number(std::numeric_limits<std::int64_t>::min());
  check_number(std::int8_t{-128});
  check_number(std::uint8_t{255});
  check_number(true);
  check_number(false);
}

TEST_CASE("pairs are written as append_text writes them, escaped where they must be", "[line_text]") {
  for (std::size_t size = 0; size < 50; ++size)
    for (std::size_t at = 0; at < size; ++at)
      for (char byte : {'\t', '\n', '\r', '\\', '\0', '\v', '\x19', '\x89', '\xdc', 'z'}) {
        std::string key(size, 'k');
        key[at] = byte;
        auto exact =
          std::vector<char>(key.begin(), key.end()); // without padding: the address sanitizer watches its end
        std::pair<std::string_view, std::int32_t> pair{{exact.data(), exact.size()}, -7};
        REQUIRE(fast(pair) == slow(pair));
        REQUIRE(fast(key) == slow(key));
      }
  weir::testing::check_property("any key", [](const std::string& key, std::uint64_t value) {
    RC_ASSERT(fast(std::pair{key, value}) == slow(std::pair{key, value}));
    RC_ASSERT(fast(std::pair{value, key}) == slow(std::pair{value, key}));
  });
}

TEST_CASE("keys with a tab of their own take the other way", "[line_text]") {
  CHECK_FALSE(data::has_line_text<std::pair<std::pair<int, int>, int>>);
  CHECK(data::has_line_text<std::pair<std::string, std::pair<int, std::string_view>>>);
  CHECK_FALSE(data::has_line_text<double>);
}
