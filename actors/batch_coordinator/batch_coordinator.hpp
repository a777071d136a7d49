#pragma once

#include "actors/batch_coordinator/protocol.hpp"
#include "actors/node/services.hpp"

namespace weir::actors {

/// Claims its epoch first; nothing is sealed before that is durable. With `draining` it takes no more input (a successor of one
/// that was draining).
batch_coordinator_actor spawn_batch_coordinator(caf::actor_system& system, services_ptr services);

} // namespace weir::actors
