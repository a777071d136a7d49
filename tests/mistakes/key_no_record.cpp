// expect: key_by: a key must be a record that is comparable with ==
#include "tests/mistakes/mistakes.hpp"

namespace {

struct plain_name {
  int x = 0;
};

void key_no_record(weir::stream_context& ctx) {
  auto lines = ctx.text_input();
#ifdef CORRECT
  lines.key_by([](std::string_view line) { return line.size(); });
#else
  lines.key_by([](std::string_view) { return plain_name{}; });
#endif
}

} // namespace
