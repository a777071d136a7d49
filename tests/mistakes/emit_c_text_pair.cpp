// expect: emit: what is emitted is not of the record type
#include "tests/mistakes/mistakes.hpp"

namespace {

void emit_c_text_pair(weir::stream_context& ctx) {
  auto lines = ctx.text_input();
  using counted = std::pair<std::string, int>;
#ifdef CORRECT
  lines.flat_map<counted>([](std::string_view line, auto& emit) { emit(std::pair{line, 1}); });
#else
  lines.flat_map<counted>([](std::string_view line, auto& emit) { emit(line); });
#endif
}

} // namespace
