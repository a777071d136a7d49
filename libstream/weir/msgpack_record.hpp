#pragma once

#if __cplusplus <= 201703L
#error "Weir needs C++20: compile with -std=c++20, or in CMake target_compile_features(... cxx_std_20)"
#else

#include "libstream/data/msgpack_record.hpp"

/// For structs that list their members with MSGPACK_DEFINE: with this they are records.

#endif
