#pragma once

#include "actors/runtime/actor_stream.hpp"
#include "actors/runtime/get_or_create.hpp"
#include "actors/runtime/own_system.hpp"
#include "actors/runtime/send_to.hpp"
#include "libstream/api/dataset.hpp"
#include "libstream/api/dstream.hpp"
#include "libstream/api/outputs.hpp"
#include "libstream/api/receiver.hpp"
#include "libstream/api/replayable.hpp"
#include "libstream/api/stats_report.hpp"
#include "libstream/api/stream_context.hpp"
#include "libstream/operators/contains.hpp"
#include "libstream/operators/split_words.hpp"

/// All that an application includes.
namespace weir {

/// Runs an application as a program: reads the flags, builds the plan, drives it until it ends, is drained (first Ctrl-C or SIGTERM)
/// or broken off (second one). Returns the exit code.
int run_application(const char* name, const application& build, int argc, char** argv);

} // namespace weir

/// Makes `function` the program: `WEIR_APPLICATION("word-count", word_count)`.
#define WEIR_APPLICATION(name, function)                                                                               \
  int main(int argc, char** argv) { return weir::run_application(name, function, argc, argv); }
