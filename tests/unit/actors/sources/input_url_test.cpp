#include "actors/sources/input_url.hpp"

#include <catch2/catch.hpp>

using namespace weir::actors;

TEST_CASE("URLs are read and written back", "[url]") {
  struct {
    const char* text;
    input_url::kind what;
    const char* rest;
  } const cases[] = {
    {"weir://127.0.0.1:0", input_url::kind::weir, "127.0.0.1:0"},
    {"weir://[::1]:7000", input_url::kind::weir, "[::1]:7000"},
    {"weir://localhost:65535", input_url::kind::weir, "localhost:65535"},
    {"file:///var/in", input_url::kind::file, "/var/in"},
    {"file:in/here", input_url::kind::file, "in/here"},
    {"generate://", input_url::kind::generate, ""},
    {"generate://?count=5&seed=7", input_url::kind::generate, "count=5&seed=7"},
  };
  for (auto& expected : cases) {
    auto url = parse_input_url(expected.text);
    REQUIRE(url);
    CHECK(url->what() == expected.what);
    CHECK(url->address() == expected.rest);
    CHECK(url->text() == expected.text);
  }
  CHECK(parse_input_url("file:/abs")->directory() == "/abs");
}

TEST_CASE("a bound port is remembered for the successor", "[url]") {
  auto url = parse_input_url("weir://127.0.0.1:0");
  REQUIRE(url);
  url->rebind("127.0.0.1:40123");
  CHECK(url->text() == "weir://127.0.0.1:40123");
}

TEST_CASE("a wrong URL is refused by an error that names it", "[url]") {
  struct {
    const char* text;
    int code;
    const char* part;
  } const cases[] = {
    {"", 78, "not a URL"},
    {"somewhere", 78, "'somewhere'"},
    {"wier://127.0.0.1:1", 78, "did you mean \"weir\"?"},
    {"mongodb://127.0.0.1:1", 78, "the schemes are"},
    {"weir:127.0.0.1:1", 78, "weir://"},
    {"weir://127.0.0.1", 78, "without a port"},
    {"weir://:80", 78, "without a host"},
    {"weir://127.0.0.1:65536", 78, "0 to 65535"},
    {"weir://127.0.0.1:x", 78, "0 to 65535"},
    {"weir://::1:80", 78, "brackets"},
    {"file:", 78, "needs a directory"},
    {"file://host/in", 78, "must not have a host"},
    {"weir://h:1?name=a&name=b", 78, "given twice"},
    {"tcp://h:1?name=a&name=a", 78, "given twice"},
    {"generate://there", 78, "must not have a path"},
  };
  for (auto& wrong : cases) {
    auto url = parse_input_url(wrong.text);
    REQUIRE_FALSE(url);
    CHECK(url.error().exit_code() == wrong.code);
    CHECK_THAT(url.error().message(), Catch::Contains(wrong.part));
  }
}

TEST_CASE("a tcp URL names a server and its port", "[url]") {
  auto url = parse_input_url("tcp://localhost:9999");
  REQUIRE(url);
  CHECK(url->what() == input_url::kind::tcp_client);
  CHECK(url->address() == "localhost:9999");
  CHECK(url->text() == "tcp://localhost:9999");
  auto nowhere = parse_input_url("tcp://localhost:0");
  REQUIRE_FALSE(nowhere);
  CHECK(nowhere.error().exit_code() == 78);
}
