#include "libstream/data/object_bytes.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/property.hpp"

using namespace weir;

namespace {

struct measurement {
  std::string sensor;
  double value = 0;
  std::optional<std::vector<int>> notes;
  bool operator==(const measurement&) const = default;
  MSGPACK_DEFINE(sensor, value, notes)
};

template <class Record>
std::string bytes_of(const std::vector<Record>& records) {
  std::string bytes;
  for (const Record& record : records)
    data::append_object(bytes, record);
  return bytes;
}

} // namespace

TEST_CASE("records of an object file come back as they were, whatever their type", "[object bytes]") {
  using keyed = std::pair<std::string, std::map<std::string, std::int64_t>>;
  std::vector<keyed> pairs{{"a\n\t", {{"x", -1}, {"", 1LL << 40}}}, {"", {}}};
  CHECK(data::read_object_bytes<keyed>(bytes_of(pairs)).value() == pairs);
  std::vector<measurement> structs{{"s1", 0.5, {}}, {"", -1e300, {{1, 2, 3}}}};
  CHECK(data::read_object_bytes<measurement>(bytes_of(structs)).value() == structs);
  std::vector<bool> flags{true, false, true};
  CHECK(data::read_object_bytes<bool>(bytes_of(flags)).value() == flags);
  CHECK(data::read_object_bytes<int>("").value().empty());
}

TEST_CASE("text of any bytes and lengths comes back", "[object bytes]") {
  weir::testing::check_property([](const std::vector<std::string>& texts) {
    RC_ASSERT(data::read_object_bytes<std::string>(bytes_of(texts)).value() == texts);
  });
  std::vector<std::string> lengths{std::string(127, 'a'), std::string(128, 'b'), std::string(70'000, 'c')};
  CHECK(data::read_object_bytes<std::string>(bytes_of(lengths)).value() == lengths);
}

TEST_CASE("a text view views the file's bytes", "[object bytes]") {
  auto bytes = bytes_of<std::string>({"here"});
  auto views = data::read_object_bytes<std::string_view>(bytes).value();
  REQUIRE(views.size() == 1);
  CHECK(views[0] == "here");
  CHECK(views[0].data() > bytes.data());
  CHECK(views[0].data() < bytes.data() + bytes.size());
}

TEST_CASE("other programs can read an object file: a length, then text or msgpack", "[object bytes]") {
  CHECK(bytes_of<std::string>({"ab"}) == "\x02"
                                         "ab");
  CHECK(bytes_of<std::string_view>({"ab"}) == bytes_of<std::string>({"ab"}));
  CHECK(bytes_of<std::pair<std::string, int>>({{"a", 5}}) == std::string{"\x04\x92\xa1"
                                                                         "a\x05"});
}

TEST_CASE("bytes that are cut or of another type are corrupt, and the record is named", "[object bytes]") {
  auto bytes = bytes_of<std::string>({"one", "two"});
  for (std::size_t size = 1; size < bytes.size(); ++size) {
    auto read = data::read_object_bytes<std::string>(std::string_view{bytes}.substr(0, size));
    if (size == bytes.size() / 2) {
      CHECK(read.value().size() == 1);
      continue;
    }
    REQUIRE_FALSE(read);
    CHECK(read.error().code == error_code::corrupt);
    CHECK_THAT(read.error().message(), Catch::StartsWith(size < bytes.size() / 2 ? "record 1" : "record 2"));
  }
  auto other = data::read_object_bytes<int>(bytes);
  REQUIRE_FALSE(other);
  CHECK(other.error().code == error_code::corrupt);
  CHECK_THAT(other.error().message(), Catch::StartsWith("record 1"));
}
