// expect: aggregate_by_key: expected add(accumulator, value) that returns the accumulator
#include "tests/mistakes/mistakes.hpp"

namespace {

void aggregate_by_key_add(weir::stream_context& ctx) {
  auto counts = ctx.text_input().flat_map(weir::split_words).count_by_value();
#ifdef CORRECT
  counts.aggregate_by_key(
    0.0, [](double sum, std::uint64_t n) { return sum + n; }, std::plus<>{});
#else
  counts.aggregate_by_key(
    0.0, [](double sum, std::uint64_t n) { (void)(sum + n); }, std::plus<>{});
#endif
}

} // namespace
