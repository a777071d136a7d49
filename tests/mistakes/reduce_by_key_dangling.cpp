// expect: reduce_by_key: the function returns text that it makes (std::string) where the value is a view
#include "tests/mistakes/mistakes.hpp"

namespace {

void reduce_by_key_dangling(weir::stream_context& ctx) {
  auto pairs = ctx.text_input().map([](std::string_view line) { return std::pair{line, line}; });
#ifdef CORRECT
  pairs.map_values([](std::string_view text) { return std::string{text}; })
    .reduce_by_key([](const std::string& a, const std::string& b) { return a + "+" + b; });
#else
  pairs.reduce_by_key([](std::string_view a, std::string_view b) { return std::string{a} + "+" + std::string{b}; });
#endif
}

} // namespace
