// expect: map: expected a function that can be called with one record (const T&); lines of text are std::string_view
#include "tests/mistakes/mistakes.hpp"

namespace {

void map_wrong_argument(weir::stream_context& ctx) {
  auto lines = ctx.text_input();
#ifdef CORRECT
  lines.map([](std::string_view line) { return line.size(); });
#else
  lines.map([](const std::string& line) { return line.size(); });
#endif
}

} // namespace
