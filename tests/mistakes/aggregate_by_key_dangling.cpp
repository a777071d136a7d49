// expect: aggregate_by_key: add or merge returns text that it makes (std::string)
#include "tests/mistakes/mistakes.hpp"

namespace {

void aggregate_by_key_dangling(weir::stream_context& ctx) {
  auto pairs = ctx.text_input().map([](std::string_view line) { return std::pair{line, line}; });
  auto join = [](std::string_view a, std::string_view b) { return std::string{a} + "+" + std::string{b}; };
#ifdef CORRECT
  pairs.aggregate_by_key(std::string{}, join, join);
#else
  pairs.aggregate_by_key(std::string_view{}, join, join);
#endif
}

} // namespace
