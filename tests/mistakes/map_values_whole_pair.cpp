// expect: map_values: expected a function that can be called with one value (const Value&), not with the pair
#include "tests/mistakes/mistakes.hpp"

namespace {

void map_values_whole_pair(weir::stream_context& ctx) {
  auto counts = ctx.text_input().flat_map(weir::split_words).count_by_value();
#ifdef CORRECT
  counts.map_values([](std::uint64_t count) { return count * 2; });
#else
  counts.map_values([](const std::pair<std::string_view, std::uint64_t>& each) { return each.second * 2; });
#endif
}

} // namespace
