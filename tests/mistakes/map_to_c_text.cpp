// expect: map: the function returns const char*, which is no record: take std::string or std::string_view
#include "tests/mistakes/mistakes.hpp"

namespace {

void map_to_c_text(weir::stream_context& ctx) {
  auto lines = ctx.text_input();
#ifdef CORRECT
  lines.map([](std::string_view) { return std::pair{std::string_view{"k"}, 1}; }).reduce_by_key(std::plus<>{});
#else
  lines.map([](std::string_view) { return std::pair{"k", 1}; });
#endif
}

} // namespace
