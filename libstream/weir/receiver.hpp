#pragma once

#if __cplusplus <= 201703L
#error "Weir needs C++20: compile with -std=c++20, or in CMake target_compile_features(... cxx_std_20)"
#else

#include "libstream/api/names.hpp"
#include "libstream/api/receiver.hpp"

/// For sources that a program brings itself, and what they lose or do not lose: `weir::receiver`.

#endif
