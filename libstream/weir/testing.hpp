#pragma once

#if __cplusplus <= 201703L
#error "Weir needs C++20: compile with -std=c++20, or in CMake target_compile_features(... cxx_std_20)"
#else

#include <weir/stream.hpp>

#include "libstream/testing/test_driver.hpp"
#include "libstream/testing/three_ways.hpp"

/// What a test of a pipeline includes, whatever test framework it is written for.

#endif
