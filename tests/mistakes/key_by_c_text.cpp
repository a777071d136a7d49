// expect: key_by: the function returns const char*
#include "tests/mistakes/mistakes.hpp"

namespace {

void key_by_c_text(weir::stream_context& ctx) {
  auto lines = ctx.text_input();
#ifdef CORRECT
  lines.key_by([](std::string_view) { return std::string{"k"}; });
#else
  lines.key_by([](std::string_view) { return "k"; });
#endif
}

} // namespace
