// expect: top: records must be comparable with <, or give an order
#include "tests/mistakes/mistakes.hpp"

namespace {

struct spot {
  int x = 0;
  bool operator==(const spot&) const = default;
  MSGPACK_DEFINE(x);
};

void top_uncomparable(weir::stream_context& ctx) {
  auto points = ctx.text_input().map([](std::string_view line) { return spot{static_cast<int>(line.size())}; });
#ifdef CORRECT
  points.top(3, [](const spot& a, const spot& b) { return a.x < b.x; });
#else
  points.top(3);
#endif
}

} // namespace
