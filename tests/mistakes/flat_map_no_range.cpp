// expect: flat_map: the function must return a range, e.g. a std::vector
#include "tests/mistakes/mistakes.hpp"

namespace {

void flat_map_no_range(weir::stream_context& ctx) {
  auto lines = ctx.text_input();
#ifdef CORRECT
  lines.flat_map([](std::string_view line) { return std::vector{line.size()}; });
#else
  lines.flat_map([](std::string_view line) { return line.size(); });
#endif
}

} // namespace
