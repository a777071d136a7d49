// expect: emit: what is emitted owns its text (std::string) and ends here
#include "tests/mistakes/mistakes.hpp"

namespace {

void flat_map_emits_pair_of_temporary(weir::stream_context& ctx) {
  auto lines = ctx.text_input();
  using counted = std::pair<std::string_view, int>;
#ifdef CORRECT
  lines.flat_map<counted>([](std::string_view line, auto& emit) { emit(std::pair{line, 1}); });
#else
  lines.flat_map<counted>([](std::string_view line, auto& emit) { emit(std::pair{std::string{line}, 1}); });
#endif
}

} // namespace
