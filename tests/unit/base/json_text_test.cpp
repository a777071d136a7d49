#include "libstream/base/json_text.hpp"

#include <catch2/catch.hpp>

using namespace weir;

TEST_CASE("a text in quotes is one line without control characters", "[journal]") {
  auto [text, quoted] = GENERATE(table<std::string, std::string>({
    {"", "\"\""},
    {"plain", "\"plain\""},
    {"a\"b\\c", R"("a\"b\\c")"},
    {"a\nb\x1b[31m\x7f", R"("a\u000ab\u001b[31m\u007f")"},
    {"gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80", "\"gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80\""},
    {"\xc2\x9b", R"("\u009b")"},
  }));
  CHECK(json_text(text) == quoted);
}

TEST_CASE("what is no UTF-8 is replaced", "[journal]") {
  auto text = GENERATE(as<std::string>{}, "\xff", "\xc0", "\x80", "\xf5");
  CHECK(json_text("a" + text + "b") == "\"a\xef\xbf\xbd"
                                       "b\"");
  CHECK(json_text("\xed\xa0\x80") == "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""); // a surrogate
  CHECK(json_text("\xc0\xaf") == "\"\xef\xbf\xbd\xef\xbf\xbd\"");                 // longer than needed
  CHECK(json_text("\xe2\x82") == "\"\xef\xbf\xbd\xef\xbf\xbd\"");                 // cut off
}
