#pragma once

#include "actors/application/application_services.hpp"
#include "actors/batch_coordinator/coordinator_services.hpp"
#include "actors/batch_coordinator/protocol.hpp"
#include "actors/node/node_services.hpp"

namespace weir::actors {

/// Claims its epoch first; nothing is sealed before that is durable. With `draining` it takes no more input (a successor of one
/// that was draining).
batch_coordinator_actor spawn_batch_coordinator(caf::actor_system& system, application_ptr application, node_ptr node,
                                                coordination_ptr own);

} // namespace weir::actors
