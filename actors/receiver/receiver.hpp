#pragma once

#include "actors/application/application_services.hpp"
#include "actors/node/node_services.hpp"
#include "actors/receiver/protocol.hpp"

namespace weir::actors {

/// Where records enter the application. Binds the port when it starts, and closes it with all connections when it ends, so that
/// producers come back to its successor.
receiver_actor spawn_receiver(caf::actor_system& system, application_ptr application, node_ptr node, input_id input);

} // namespace weir::actors
