// expect: reduce: the function returns text that it makes (std::string) where the record is a view
#include "tests/mistakes/mistakes.hpp"

namespace {

void reduce_pair_dangling(weir::stream_context& ctx) {
  using seen = std::pair<std::string_view, std::optional<std::tuple<std::string_view, int>>>;
  auto all = ctx.text_input().map([](std::string_view line) { return seen{line, std::tuple{line, 1}}; });
#ifdef CORRECT
  all.reduce([](const seen& a, const seen&) { return std::pair{a.first, a.second}; });
#else
  all.reduce([](const seen& a, const seen&) {
    return std::pair{a.first, std::optional{std::tuple{std::string{"x"}, 1}}};
  });
#endif
}

} // namespace
