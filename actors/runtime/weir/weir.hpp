#pragma once

#include <weir/stream.hpp>

#include "actors/runtime/actor_stream.hpp"
#include "actors/runtime/binary_records.hpp"
#include "actors/runtime/executor_jobs.hpp"
#include "actors/runtime/get_or_create.hpp"
#include "actors/runtime/own_system.hpp"
#include "actors/runtime/send_to.hpp"

/// All that an application includes.
namespace weir {

/// Runs an application as a program: reads the flags, builds the plan, drives it until it ends, is drained (first Ctrl-C or SIGTERM)
/// or broken off (second one). Returns the exit code.
int run_application(const char* name, const application& build, int argc, char** argv);

} // namespace weir

/// Makes `function` the program: `WEIR_APPLICATION("word-count", word_count)`.
#define WEIR_APPLICATION(name, function)                                                                               \
  int main(int argc, char** argv) { return weir::run_application(name, function, argc, argv); }
