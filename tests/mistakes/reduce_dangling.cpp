// expect: reduce: the function returns text that it makes (std::string) where the record is a view
#include "tests/mistakes/mistakes.hpp"

namespace {

void reduce_dangling(weir::stream_context& ctx) {
  auto lines = ctx.text_input();
#ifdef CORRECT
  lines.map([](std::string_view text) { return std::string{text}; })
    .reduce([](const std::string& a, const std::string& b) { return a + "+" + b; });
#else
  lines.reduce([](std::string_view a, std::string_view b) { return std::string{a} + "+" + std::string{b}; });
#endif
}

} // namespace
