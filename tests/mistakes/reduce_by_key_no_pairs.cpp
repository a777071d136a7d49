// expect: reduce_by_key: expected records that are pairs (std::pair<Key, Value>); make them with map or key_by
#include "tests/mistakes/mistakes.hpp"

namespace {

void reduce_by_key_no_pairs(weir::stream_context& ctx) {
  auto words = ctx.text_input().flat_map(weir::split_words);
#ifdef CORRECT
  words.map([](std::string_view word) { return std::pair{word, 1}; }).reduce_by_key(std::plus<>{});
#else
  words.reduce_by_key(std::plus<>{});
#endif
}

} // namespace
