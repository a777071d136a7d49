// expect: filter: expected a predicate: a function that takes one record (const T&) and returns bool
#include "tests/mistakes/mistakes.hpp"

namespace {

void filter_no_predicate(weir::stream_context& ctx) {
  auto lines = ctx.text_input();
#ifdef CORRECT
  lines.filter([](std::string_view line) { return line.empty(); });
#else
  lines.filter([](std::string_view line) { return line.substr(1); });
#endif
}

} // namespace
