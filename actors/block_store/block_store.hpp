#pragma once

#include "actors/application/application_services.hpp"
#include "actors/block_store/protocol.hpp"
#include "actors/node/node_services.hpp"

namespace weir::actors {

/// Starts with what the block log holds.
block_store_actor spawn_block_store(caf::actor_system& system, application_ptr application, node_ptr node);

} // namespace weir::actors
