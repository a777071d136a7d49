// expect: split_into<A, B>: const char* is no record: take std::string or std::string_view
#include "tests/mistakes/mistakes.hpp"

namespace {

void split_into_c_text(weir::stream_context& ctx) {
#ifdef CORRECT
  using counted = std::pair<std::string_view, int>;
#else
  using counted = std::pair<const char*, int>;
#endif
  ctx.text_input().split_into<counted, int>([](std::string_view, auto& pairs, auto& numbers) {
    pairs(std::pair{"k", 1});
    numbers(1);
  });
}

} // namespace
