// expect: join, cogroup: both must have keys of the same type
#include "tests/mistakes/mistakes.hpp"

namespace {

void join_other_keys(weir::stream_context& ctx) {
  auto counts = ctx.text_input().flat_map(weir::split_words).count_by_value();
#ifdef CORRECT
  counts.join(weir::dataset<std::pair<std::string, double>>::from({{"word", 0.5}}));
#else
  counts.join(weir::dataset<std::pair<int, double>>::from({{7, 0.5}}));
#endif
}

} // namespace
