// expect: map: the function must be copyable, as each task works on a copy; capture a std::shared_ptr
#include "tests/mistakes/mistakes.hpp"

namespace {

void map_move_only(weir::stream_context& ctx) {
  auto lines = ctx.text_input();
#ifdef CORRECT
  lines.map([prefix = std::make_shared<int>(1)](std::string_view) { return *prefix; });
#else
  lines.map([prefix = std::make_unique<int>(1)](std::string_view) { return *prefix; });
#endif
}

} // namespace
