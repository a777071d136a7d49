// expect: fold_by_key: zero or what the function returns is text that is held (std::string) where the value is a view
#include "tests/mistakes/mistakes.hpp"

namespace {

void fold_by_key_dangling(weir::stream_context& ctx) {
  auto pairs = ctx.text_input().map([](std::string_view line) { return std::pair{line, line}; });
#ifdef CORRECT
  pairs.map_values([](std::string_view text) { return std::string{text}; })
    .fold_by_key(std::string{}, [](const std::string& a, const std::string& b) { return a + "+" + b; });
#else
  pairs.fold_by_key(std::string_view{},
                    [](std::string_view a, std::string_view b) { return std::string{a} + "+" + std::string{b}; });
#endif
}

} // namespace
