#pragma once

#include <string>

#include "libstream/api/stream_context.hpp"

namespace caf {
class actor_system;
} // namespace caf

namespace weir {

/// Runs an application as a program: reads the flags, the settings file and the environment, builds the streams, and drives them until they
/// end, are drained (first Ctrl-C or SIGTERM, `context.drain()`) or broken off (second signal). What is wrong is said on standard error.
/// Returns the exit code.
///
///   int main(int argc, char** argv) { return weir::run(argc, argv, "word-count", word_count); }
[[nodiscard]] int run(int argc, char** argv, const std::string& name, const application& build);

/// The same inside an actor system of the user's own, which was made of a configuration that `weir::configure` has prepared, and outlives
/// the call. `build` may keep the context's address for as long as this runs, e.g. for an actor that calls `drain()`.
[[nodiscard]] int run(int argc, char** argv, const std::string& name, caf::actor_system& system,
                      const application& build);

} // namespace weir
