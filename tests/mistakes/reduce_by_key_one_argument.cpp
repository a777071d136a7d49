// expect: reduce_by_key: expected a function that takes two values (const Value&, const Value&) and returns one
#include "tests/mistakes/mistakes.hpp"

namespace {

void reduce_by_key_one_argument(weir::stream_context& ctx) {
  auto counts = ctx.text_input().flat_map(weir::split_words).count_by_value();
#ifdef CORRECT
  counts.reduce_by_key([](std::uint64_t a, std::uint64_t b) { return a + b; });
#else
  counts.reduce_by_key([](std::uint64_t a) { return a + 1; });
#endif
}

} // namespace
