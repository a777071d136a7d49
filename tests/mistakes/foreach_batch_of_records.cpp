// expect: foreach_batch: expected a function that takes a dataset, or a dataset and the batch time or key
#include "tests/mistakes/mistakes.hpp"

namespace {

void foreach_batch_of_records(weir::stream_context& ctx) {
  auto lines = ctx.text_input();
#ifdef CORRECT
  lines.foreach_batch([](const weir::dataset<std::string>& batch) { (void)batch.count(); });
#else
  lines.foreach_batch([](std::string_view line) { (void)line; });
#endif
}

} // namespace
