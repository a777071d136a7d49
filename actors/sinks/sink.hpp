#pragma once

#include "actors/application/application_services.hpp"
#include "actors/node/node_services.hpp"
#include "actors/sinks/protocol.hpp"

namespace weir::actors {

sink_actor spawn_sink(caf::actor_system& system, application_ptr application, node_ptr node, output_index output);

} // namespace weir::actors
