// expect: aggregate: add or merge returns text that it makes (std::string)
#include "tests/mistakes/mistakes.hpp"

namespace {

void dataset_aggregate_dangling() {
  auto lines = weir::dataset<std::string_view>::from({"a", "b"});
  auto join = [](std::string_view a, std::string_view b) { return std::string{a} + "+" + std::string{b}; };
#ifdef CORRECT
  (void)lines.aggregate(std::string{}, join, join);
#else
  (void)lines.aggregate(std::string_view{}, join, join);
#endif
}

} // namespace
