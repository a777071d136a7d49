#include "libstream/data/record_traits.hpp"

#include <catch2/catch.hpp>
#include <limits>

#include "libstream/data/chunk.hpp"
#include "libstream/data/msgpack_record.hpp"
#include "libstream/data/owned.hpp"

using namespace weir;

namespace {

template <class T>
std::string shown(const T& value) {
  std::string text;
  data::record_traits<T>::append_text(value, text);
  return text;
}

struct reading {
  std::string sensor;
  double value = 0;
  MSGPACK_DEFINE(sensor, value)
};

} // namespace

TEST_CASE("records are shown as their text", "[record_traits]") {
  CHECK(shown(std::string_view{"as\tit is\\"}) == "as\tit is\\");
  CHECK(shown(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
  CHECK(shown(true) == "true");
  CHECK(shown(0.1) == "0.1");
  CHECK(shown(std::vector{1, 2, 3}) == "[1,2,3]");
  CHECK(shown(std::tuple{1, std::string{"a"}}) == "(1,a)");
  CHECK(shown(std::optional<int>{}) == "none");
  CHECK(shown(std::map<std::string, int>{{"a", 1}}) == "{a:1}");
  CHECK(shown(reading{"t", 1.5}) == R"(["t",1.5])");
}

TEST_CASE("a pair is one line with one tab: what could break it is escaped in the key", "[record_traits]") {
  CHECK(shown(std::pair{std::string_view{"a\tb\nc\rd\\e"}, 1}) == "a\\tb\\nc\\rd\\\\e\t1");
  CHECK(shown(std::pair{std::string_view{}, std::string{"v"}}) == "\tv");
  CHECK(shown(std::pair{std::pair{std::string{"a"}, 1}, 2}) == "a\\t1\t2");
}

TEST_CASE("what is re-homed outlives what it was read from", "[record_traits]") {
  using record = std::tuple<std::string_view, std::optional<std::string_view>, std::vector<std::string_view>>;
  data::arena home;
  std::string bytes = "some text that will be gone";
  auto view = std::string_view{bytes};
  auto copy = data::record_traits<record>::rehome({view.substr(0, 4), view.substr(5, 4), {view.substr(10)}}, home);
  bytes.assign(bytes.size(), '#');
  CHECK(copy == record{"some", "text", {"that will be gone"}});
}

TEST_CASE("an owned record holds by itself what a record views", "[record_traits]") {
  using record = std::pair<std::string_view, std::vector<std::optional<std::string_view>>>;
  std::string bytes = "key value";
  auto view = std::string_view{bytes};
  auto kept = data::own(record{view.substr(0, 3), {view.substr(4), std::nullopt}});
  bytes.assign(bytes.size(), '#');
  CHECK(kept == std::pair<std::string, std::vector<std::optional<std::string>>>{"key", {"value", std::nullopt}});
  STATIC_REQUIRE(data::borrows<record>);
  STATIC_REQUIRE_FALSE(data::borrows<std::pair<std::string, int>>);
}

TEST_CASE("types that differ have schemas that differ", "[record_traits]") {
  using data::record_traits;
  CHECK(record_traits<int>::schema() != record_traits<unsigned>::schema());
  CHECK(record_traits<int>::schema() != record_traits<long>::schema());
  CHECK(record_traits<std::pair<int, std::string>>::schema() == "(int32,string)");
  CHECK(record_traits<std::string>::schema() == record_traits<std::string_view>::schema());
  CHECK(record_traits<std::vector<int>>::schema() != record_traits<std::optional<int>>::schema());
}

TEST_CASE("a chunk takes any record, bool too, and gives back what it holds", "[chunk]") {
  data::chunk<bool> flags;
  while (!flags.full())
    flags.push_back(true);
  CHECK(flags.records().size() == limits::chunk_records);
  flags.clear();
  CHECK(flags.empty());
  data::chunk<std::string> texts; // the rest is the address sanitizer's to say
  texts.push_back("a text that is long enough to be on the heap");
  CHECK(texts.records().front().size() > 16);
}
