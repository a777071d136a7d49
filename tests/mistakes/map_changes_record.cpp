// expect: map: expected a function that can be called with one record (const T&)
#include "tests/mistakes/mistakes.hpp"

namespace {

void map_changes_record(weir::stream_context& ctx) {
  auto lines = ctx.text_input();
#ifdef CORRECT
  lines.map([](std::string_view line) { return line.substr(1); });
#else
  lines.map([](std::string_view& line) { return line.substr(1); });
#endif
}

} // namespace
