#pragma once

#include "actors/node/services.hpp"
#include "actors/sinks/protocol.hpp"

namespace weir::actors {

sink_actor spawn_sink(caf::actor_system& system, services_ptr services, output_index output);

} // namespace weir::actors
