// expect: reduce_by_key: keys must be records that are comparable with ==
#include "tests/mistakes/mistakes.hpp"

namespace {

struct unequal_key {
  int x = 0;
  MSGPACK_DEFINE(x);
};

struct equal_key {
  int x = 0;
  bool operator==(const equal_key&) const = default;
  MSGPACK_DEFINE(x);
};

void key_without_equality(weir::stream_context& ctx) {
  auto lines = ctx.text_input();
#ifdef CORRECT
  lines.map([](std::string_view) { return std::pair{equal_key{}, 1}; }).reduce_by_key(std::plus<>{});
#else
  lines.map([](std::string_view) { return std::pair{unequal_key{}, 1}; }).reduce_by_key(std::plus<>{});
#endif
}

} // namespace
