// expect: emit: what is emitted owns its text (std::string) and ends here
#include "tests/mistakes/mistakes.hpp"

namespace {

void flat_map_emits_temporary(weir::stream_context& ctx) {
  auto lines = ctx.text_input();
#ifdef CORRECT
  lines.flat_map<std::string>([](std::string_view line, auto& emit) { emit(std::string{line} + "x"); });
#else
  lines.flat_map<std::string_view>([](std::string_view line, auto& emit) { emit(std::string{line} + "x"); });
#endif
}

} // namespace
