// expect: split_into<A, B>: expected a function that takes a record and an emitter for each of the streams
#include "tests/mistakes/mistakes.hpp"

namespace {

void split_into_one_emitter(weir::stream_context& ctx) {
  auto lines = ctx.text_input();
#ifdef CORRECT
  lines.split_into<std::string_view, std::size_t>([](std::string_view line, auto& text, auto& size) {
    text(line);
    size(line.size());
  });
#else
  lines.split_into<std::string_view, std::size_t>([](std::string_view line, auto& emit) { emit(line); });
#endif
}

} // namespace
