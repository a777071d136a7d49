#include "libstream/data/dangling.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

using std::string;
using std::string_view;
using weir::data::dangles;

namespace {

struct holder {
  string text;
  operator string_view() const { return text; }
};
struct looker {
  string_view text;
  operator string_view() const { return text; }
};

} // namespace

TEST_CASE("a view of what is about to end dangles", "[dangling]") {
  STATIC_REQUIRE(dangles<string_view, string>);
  STATIC_REQUIRE(dangles<string_view, string&&>);
  STATIC_REQUIRE(dangles<string_view, const string>);
  STATIC_REQUIRE(dangles<string_view, holder>);
  STATIC_REQUIRE(dangles<std::pair<string_view, int>, std::pair<string, int>>);
  STATIC_REQUIRE(dangles<std::tuple<string_view, int>, std::pair<string, int>>);
  STATIC_REQUIRE(dangles<std::tuple<int, std::optional<string_view>>, std::tuple<int, std::optional<string>>>);
  STATIC_REQUIRE(dangles<std::optional<string_view>, string>);
  STATIC_REQUIRE(dangles<std::vector<string_view>, std::vector<string>>);
  STATIC_REQUIRE(dangles<std::map<int, string_view>, std::map<int, string>>);
}

TEST_CASE("what holds its text, and a view of what stays, does not dangle", "[dangling]") {
  STATIC_REQUIRE(!dangles<string, string>);
  STATIC_REQUIRE(!dangles<string, string_view>);
  STATIC_REQUIRE(!dangles<string_view, string_view>);
  STATIC_REQUIRE(!dangles<string_view, looker>);
  STATIC_REQUIRE(!dangles<string_view, const char*>);
  STATIC_REQUIRE(!dangles<string_view, string&>);
  STATIC_REQUIRE(!dangles<string_view, const string&>);
  STATIC_REQUIRE(!dangles<std::pair<string_view, int>, std::pair<const string&, int>>);
  STATIC_REQUIRE(!dangles<std::pair<string, int>, std::pair<string_view, int>>);
  STATIC_REQUIRE(!dangles<std::pair<string_view, int>, std::tuple<string, int, int>>);
  STATIC_REQUIRE(!dangles<string_view, void>);
  STATIC_REQUIRE(!dangles<int, string>);
}
