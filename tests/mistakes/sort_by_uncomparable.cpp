// expect: sort_by: keys must be comparable with <
#include "tests/mistakes/mistakes.hpp"

namespace {

struct place {
  int x = 0;
  bool operator==(const place&) const = default;
  MSGPACK_DEFINE(x);
};

void sort_by_uncomparable(weir::stream_context& ctx) {
  auto points = ctx.text_input().map([](std::string_view line) { return place{static_cast<int>(line.size())}; });
#ifdef CORRECT
  points.sort_by([](const place& each) { return each.x; });
#else
  points.sort_by();
#endif
}

} // namespace
