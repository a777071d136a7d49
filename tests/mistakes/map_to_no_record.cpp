// expect: map: the function returns a type that is no record
#include "tests/mistakes/mistakes.hpp"

namespace {

struct plain_point {
  int x = 0;
};

struct packed_point {
  int x = 0;
  MSGPACK_DEFINE(x);
};

void map_to_no_record(weir::stream_context& ctx) {
  auto lines = ctx.text_input();
#ifdef CORRECT
  lines.map([](std::string_view) { return packed_point{}; });
#else
  lines.map([](std::string_view) { return plain_point{}; });
#endif
}

} // namespace
