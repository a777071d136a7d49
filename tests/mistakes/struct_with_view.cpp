// expect: a struct with MSGPACK_DEFINE must hold its text itself
#include "tests/mistakes/mistakes.hpp"

namespace {

struct viewing_click {
  std::string_view user;
  double amount = 0;
  MSGPACK_DEFINE(user, amount);
};

struct holding_click {
  std::string user;
  double amount = 0;
  MSGPACK_DEFINE(user, amount);
};

void struct_with_view(weir::stream_context& ctx) {
#ifdef CORRECT
  auto make = [](std::string_view line) { return holding_click{std::string{line}, 1}; };
#else
  auto make = [](std::string_view line) { return viewing_click{line, 1}; };
#endif
  ctx.text_input().map([make](std::string_view line) { return make(line); }).sort_by([](const auto& each) {
    return each.amount;
  });
}

} // namespace
