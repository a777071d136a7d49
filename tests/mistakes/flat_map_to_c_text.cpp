// expect: flat_map: the function returns a range of const char*
#include "tests/mistakes/mistakes.hpp"

namespace {

void flat_map_to_c_text(weir::stream_context& ctx) {
  auto lines = ctx.text_input();
#ifdef CORRECT
  lines.flat_map([](std::string_view) { return std::vector{std::string{"k"}}; });
#else
  lines.flat_map([](std::string_view) { return std::vector{"k"}; });
#endif
}

} // namespace
