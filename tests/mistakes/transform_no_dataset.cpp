// expect: transform: the function must return a dataset
#include "tests/mistakes/mistakes.hpp"

namespace {

void transform_no_dataset(weir::stream_context& ctx) {
  auto lines = ctx.text_input();
#ifdef CORRECT
  lines.transform([](const auto& batch) { return batch.distinct(); });
#else
  lines.transform([](const auto&) { return 1; });
#endif
}

} // namespace
