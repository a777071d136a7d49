// expect: fold: the function returns text that it makes (std::string) where the record is a view
#include "tests/mistakes/mistakes.hpp"

namespace {

void dataset_fold_dangling() {
  auto lines = weir::dataset<std::string_view>::from({"a", "b"});
#ifdef CORRECT
  (void)lines.map([](std::string_view text) { return std::string{text}; })
    .fold("", [](const std::string& a, const std::string& b) { return a + "+" + b; });
#else
  (void)lines.fold("", [](std::string_view a, std::string_view b) { return std::string{a} + "+" + std::string{b}; });
#endif
}

} // namespace
