// expect: emit: what is emitted is not of the record type
#include "tests/mistakes/mistakes.hpp"

namespace {

void split_into_emits_pair(weir::stream_context& ctx) {
  auto lines = ctx.text_input();
#ifdef CORRECT
  using words = std::pair<std::string_view, int>;
#else
  using words = std::string_view;
#endif
  lines.split_into<int, words>([](std::string_view, auto& numbers, auto& texts) {
    numbers(1);
    texts(std::pair{"k", 1});
  });
}

} // namespace
