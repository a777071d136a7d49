// expect: emit: what is emitted is not of the record type
#include "tests/mistakes/mistakes.hpp"

namespace {

void split_into_other_type(weir::stream_context& ctx) {
  auto lines = ctx.text_input();
#ifdef CORRECT
  lines.split_into<int, std::string_view>([](std::string_view line, auto& sizes, auto& texts) {
    sizes(static_cast<int>(line.size()));
    texts(line);
  });
#else
  lines.split_into<int, std::string_view>([](std::string_view line, auto& sizes, auto& texts) {
    sizes(line);
    texts(line);
  });
#endif
}

} // namespace
