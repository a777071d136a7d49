// expect: join, cogroup: expected a stream of the same context, or a dataset
#include "tests/mistakes/mistakes.hpp"

namespace {

void join_static_with_stream(weir::stream_context& ctx) {
  auto counts = ctx.text_input().flat_map(weir::split_words).count_by_value();
  auto prices = weir::dataset<std::pair<std::string, double>>::from({{"word", 0.5}});
#ifdef CORRECT
  counts.join(prices);
#else
  prices.join(counts);
#endif
}

} // namespace
