// expect: a stream or dataset holds records, and const char* is none: take std::string or std::string_view
#include "tests/mistakes/mistakes.hpp"

namespace {

void dataset_of_c_text() {
#ifdef CORRECT
  (void)weir::dataset<std::pair<std::string_view, int>>::from({{"k", 1}});
#else
  (void)weir::dataset<std::pair<const char*, int>>::from({{"k", 1}});
#endif
}

} // namespace
