// expect: map: the function returns a type that is no record
#include "tests/mistakes/mistakes.hpp"

namespace {

struct plain_key {
  int x = 0;
};

void map_to_pair_of_no_record(weir::stream_context& ctx) {
  auto lines = ctx.text_input();
#ifdef CORRECT
  lines.map([](std::string_view line) { return std::pair{line, 1}; });
#else
  lines.map([](std::string_view) { return std::pair{plain_key{}, 1}; });
#endif
}

} // namespace
