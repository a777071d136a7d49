// expect: flat_map<Out>: the function returns a range that makes text (std::string) as it is walked
#include "tests/mistakes/mistakes.hpp"

namespace {

void flat_map_range_of_temporaries(weir::stream_context& ctx) {
  auto lines = ctx.text_input();
  auto made = [](std::string_view line) {
    return std::views::iota(0, 2) | std::views::transform([line](int) { return std::string{line}; });
  };
#ifdef CORRECT
  lines.flat_map<std::string>(made);
#else
  lines.flat_map<std::string_view>(made);
#endif
}

} // namespace
