// expect: reduce: the function returns text that it makes (std::string) where the record is a view
#include "tests/mistakes/mistakes.hpp"

namespace {

void reduce_vector_dangling(weir::stream_context& ctx) {
  auto all = ctx.text_input().map([](std::string_view line) { return std::vector{line}; });
#ifdef CORRECT
  all.reduce([](const auto& a, const auto&) { return a; });
#else
  all.reduce([](const auto& a, const auto&) { return std::vector{std::string{a.front()}}; });
#endif
}

} // namespace
