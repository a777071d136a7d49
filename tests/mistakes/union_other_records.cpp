// expect: union_with: all must have records of the same type; bring them to one with map first
#include "tests/mistakes/mistakes.hpp"

namespace {

void union_other_records(weir::stream_context& ctx) {
  auto lines = ctx.text_input();
#ifdef CORRECT
  lines.union_with(ctx.text_input());
#else
  lines.union_with(ctx.text_input().map([](std::string_view line) { return line.size(); }));
#endif
}

} // namespace
