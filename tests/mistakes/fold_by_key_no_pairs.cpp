// expect: fold_by_key: expected records that are pairs (std::pair<Key, Value>)
#include "tests/mistakes/mistakes.hpp"

namespace {

void fold_by_key_no_pairs(weir::stream_context& ctx) {
  auto words = ctx.text_input().flat_map(weir::split_words);
#ifdef CORRECT
  words.key_by([](std::string_view word) { return word.size(); })
    .map_values([](std::string_view) { return 1; })
    .fold_by_key(0, std::plus<>{});
#else
  words.fold_by_key(0, std::plus<>{});
#endif
}

} // namespace
