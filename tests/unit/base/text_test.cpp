#include "libstream/base/text.hpp"

#include <catch2/catch.hpp>

using namespace weir;
using namespace std::chrono_literals;

TEST_CASE("durations are read with their unit", "[text]") {
  CHECK(parse_duration("250us").value() == 250us);
  CHECK(parse_duration("10ms").value() == 10ms);
  CHECK(parse_duration("1.5s").value() == 1500ms);
  CHECK(parse_duration("5min").value() == 5min);
  CHECK(parse_duration("1h").value() == 1h);
  CHECK(parse_duration("0s").value() == 0s);
}

TEST_CASE("what is no duration is refused with exit code 78 and quoted", "[text]") {
  for (std::string text :
       {"", "5", "ms", "5 ms", "-1s", "nans", "infs", "1e3s", "5m", "0x5s", "999999999999999h", "5ms "}) {
    CAPTURE(text);
    auto parsed = parse_duration(text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == error_code::configuration);
    CHECK(parsed.error().what.find("'" + text + "'") != std::string::npos);
  }
}

TEST_CASE("sizes are read in bytes and in powers of 1024", "[text]") {
  CHECK(parse_size("65536").value() == 65536);
  CHECK(parse_size("64KiB").value() == 65536);
  CHECK(parse_size("64k").value() == 65536);
  CHECK(parse_size("1.5MiB").value() == 1536 * 1024);
  CHECK(parse_size("1GiB").value() == 1024 * 1024 * 1024);
  for (std::string text : {"", "nan", "inf", "-1", "64kb", "64 KiB", "999999999999999GiB"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_size(text));
  }
}

TEST_CASE("what is printed can be read back", "[text]") {
  for (auto value : {0us, 1us, 999us, 1000us, 1500us, 2'000'000us, 90'000'000us})
    CHECK(parse_duration(format_duration(value)).value() == value);
  for (std::uint64_t bytes : {0ull, 1ull, 1023ull, 1024ull, 1025ull, 1ull << 20, 3ull << 30})
    CHECK(parse_size(format_size(bytes)).value() == bytes);
}

TEST_CASE("a count is a whole decimal number", "[text]") {
  CHECK(parse_count("0").value() == 0);
  CHECK(parse_count("18446744073709551615").value() == 18446744073709551615ull);
  for (auto text : {"", "-1", "+1", "1.0", "1 ", "18446744073709551616", "a"})
    CHECK_FALSE(parse_count(text));
}

TEST_CASE("a mistyped name finds the one that was meant, a foreign one finds none", "[text]") {
  const std::vector<std::string> known{"batch_interval", "data_dir", "executors"};
  CHECK(nearest_name("bach_interval", known) == "batch_interval");
  CHECK(nearest_name("executor", known) == "executors");
  CHECK(nearest_name("colour", known).empty());
  CHECK(nearest_name("x", {}).empty());
}

TEST_CASE("what a peer says is shown without what moves a terminal", "[text]") {
  CHECK(printable("plain \xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80") == "plain \xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80");
  CHECK(printable("\x1b[2J\r\n\x7f") == "\\x1b[2J\\x0d\\x0a\\x7f");
  CHECK(printable("\xc2\x9b"
                  "31m") == "\\xc2\\x9b31m"); // CSI in one character
  CHECK(printable("\x9b\xff\xc3") == "\\x9b\\xff\\xc3");
  CHECK(printable("\xe2\x80\xae"
                  "evil") == "\\xe2\\x80\\xaeevil");
  CHECK(printable(std::string_view{"a\0b", 3}) == "a\\x00b");
}

TEST_CASE("whole days are written and read as days", "[text]") {
  CHECK(parse_duration("30d").value() == 720h);
  CHECK(format_duration(720h) == "30d");
  CHECK(format_duration(25h) == "90000s");
}

TEST_CASE("the last control character is not shown, and no size has a unit beyond GiB", "[text]") {
  CHECK(printable("\xc2\x9f") == "\\xc2\\x9f");
  CHECK(printable("\xc2\xa0") == "\xc2\xa0");
  CHECK(format_size(std::uint64_t{1} << 40) == "1024GiB");
}
