#pragma once

#include <memory>
#include <string>
#include <vector>

#include "actors/simulation/outcome.hpp"
#include "actors/simulation/scenario.hpp"
#include "libstream/api/stream_context.hpp"

namespace weir::actors::simulation {

/// The application that is simulated: word count, as people write it.
dstream<std::pair<std::string_view, std::uint64_t>> word_count(stream_context& context);

/// Runs a scenario from its beginning until all is published, or a promise is broken. In the calling thread, on virtual time; one at a
/// time in a process. `trace`: tells every step on standard output.
outcome run(const scenario& what, bool trace = false);
outcome run_seed(std::uint64_t seed, bool trace = false);

} // namespace weir::actors::simulation
