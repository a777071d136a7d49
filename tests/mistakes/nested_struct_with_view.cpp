// expect: a struct with MSGPACK_DEFINE must hold its text itself
#include "tests/mistakes/mistakes.hpp"

namespace {

struct viewing_visit {
  std::map<int, std::string_view> users;
  double amount = 0;
  MSGPACK_DEFINE(users, amount);
};

struct holding_visit {
  std::map<int, std::string> users;
  double amount = 0;
  MSGPACK_DEFINE(users, amount);
};

void nested_struct_with_view(weir::stream_context& ctx) {
#ifdef CORRECT
  auto make = [](std::string_view line) { return holding_visit{{{1, std::string{line}}}, 1}; };
#else
  auto make = [](std::string_view line) { return viewing_visit{{{1, line}}, 1}; };
#endif
  ctx.text_input()
    .map([make](std::string_view line) {
      return std::pair{line, std::vector{std::optional{make(line)}}};
    })
    .group_by_key();
}

} // namespace
