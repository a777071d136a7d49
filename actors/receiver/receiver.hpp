#pragma once

#include "actors/node/services.hpp"
#include "actors/receiver/protocol.hpp"

namespace weir::actors {

/// Where records enter the application. Binds the port when it starts, and closes it with all connections when it ends, so that
/// producers come back to its successor.
receiver_actor spawn_receiver(caf::actor_system& system, services_ptr services, input_id input);

} // namespace weir::actors
