// expect: for one that takes (record, emit) name what it emits: flat_map<Out>(...)
#include "tests/mistakes/mistakes.hpp"

namespace {

void flat_map_unnamed_output(weir::stream_context& ctx) {
  auto lines = ctx.text_input();
#ifdef CORRECT
  lines.flat_map<std::size_t>([](std::string_view line, auto& emit) { emit(line.size()); });
#else
  lines.flat_map([](std::string_view line, auto& emit) { emit(line.size()); });
#endif
}

} // namespace
