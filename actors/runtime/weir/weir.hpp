#pragma once

#if __cplusplus <= 201703L
#error "Weir needs C++20: compile with -std=c++20, or in CMake target_compile_features(... cxx_std_20)"
#else

#include <weir/stream.hpp>

#include "actors/runtime/actor_stream.hpp"
#include "actors/runtime/binary_records.hpp"
#include "actors/runtime/executor_jobs.hpp"
#include "actors/runtime/get_or_create.hpp"
#include "actors/runtime/own_system.hpp"
#include "actors/runtime/run_application.hpp"
#include "actors/runtime/send_to.hpp"

/// All that an application includes.

/// Makes `function` the program: `WEIR_APPLICATION("word-count", word_count)`.
#define WEIR_APPLICATION(name, function)                                                                               \
  int main(int argc, char** argv) { return weir::run(argc, argv, name, function); }

#endif
