// expect: generated: expected a function that takes the batch time (weir::event_time) and returns a std::vector<T>
#include "tests/mistakes/mistakes.hpp"

namespace {

void generated_no_vector(weir::stream_context& ctx) {

#ifdef CORRECT
  ctx.generated<int>([](weir::event_time) { return std::vector{1, 2}; });
#else
  ctx.generated<int>([](weir::event_time) { return 1; });
#endif
}

} // namespace
