// expect: join, cogroup: the other must hold pairs, too
#include "tests/mistakes/mistakes.hpp"

namespace {

void join_no_pairs(weir::stream_context& ctx) {
  auto counts = ctx.text_input().flat_map(weir::split_words).count_by_value();
#ifdef CORRECT
  counts.join(ctx.text_input().key_by([](std::string_view line) { return line; }));
#else
  counts.join(ctx.text_input());
#endif
}

} // namespace
