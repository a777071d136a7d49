// expect: map: the function returns nothing
#include "tests/mistakes/mistakes.hpp"

namespace {

void map_returns_nothing(weir::stream_context& ctx) {
  auto lines = ctx.text_input();
#ifdef CORRECT
  lines.map([](std::string_view line) { return line.size(); });
#else
  lines.map([](std::string_view) {});
#endif
}

} // namespace
