// expect: a struct with MSGPACK_DEFINE must hold its text itself
#include <array>

#include "tests/mistakes/mistakes.hpp"

namespace {

struct viewing_side {
  std::string_view name;
  MSGPACK_DEFINE(name);
};

struct holding_side {
  std::string name;
  MSGPACK_DEFINE(name);
};

template <class Side>
struct both_sides {
  std::array<Side, 2> sides;
  MSGPACK_DEFINE(sides);
};

void array_of_structs_with_view(weir::stream_context& ctx) {
#ifdef CORRECT
  auto make = [](std::string_view line) { return both_sides<holding_side>{{{{std::string{line}}, {"b"}}}}; };
#else
  auto make = [](std::string_view line) { return both_sides<viewing_side>{{{{line}, {"b"}}}}; };
#endif
  ctx.text_input().map([make](std::string_view line) { return make(line); }).repartition(2);
}

} // namespace
