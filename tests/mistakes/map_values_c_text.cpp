// expect: map_values: the function returns const char*
#include "tests/mistakes/mistakes.hpp"

namespace {

void map_values_c_text(weir::stream_context& ctx) {
  auto pairs = ctx.text_input().map([](std::string_view line) { return std::pair{line, line}; });
#ifdef CORRECT
  pairs.map_values([](std::string_view) { return std::string_view{"v"}; });
#else
  pairs.map_values([](std::string_view) { return "v"; });
#endif
}

} // namespace
