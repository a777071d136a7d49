#pragma once

#if __cplusplus <= 201703L
#error "Weir needs C++20: compile with -std=c++20, or in CMake target_compile_features(... cxx_std_20)"
#else

#include "libstream/api/names.hpp"
#include "libstream/api/replayable.hpp"

/// For sources that can be read again: `weir::replayable_source`.

#endif
