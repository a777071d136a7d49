#pragma once

#if __cplusplus <= 201703L
#error "Weir needs C++20: compile with -std=c++20, or in CMake target_compile_features(... cxx_std_20)"
#else

#include "libstream/api/dataset.hpp"
#include "libstream/api/dstream.hpp"
#include "libstream/api/names.hpp"
#include "libstream/api/outputs.hpp"
#include "libstream/api/receiver.hpp"
#include "libstream/api/replayable.hpp"
#include "libstream/api/stats_report.hpp"
#include "libstream/api/stream_context.hpp"
#include "libstream/operators/contains.hpp"
#include "libstream/operators/split_words.hpp"
#include "libstream/plan/permanent_failure.hpp"

/// What a pipeline needs, without the runtime that drives it: all of `<weir/weir.hpp>` that knows no actors.

#endif
