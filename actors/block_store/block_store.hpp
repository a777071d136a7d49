#pragma once

#include "actors/block_store/protocol.hpp"
#include "actors/node/services.hpp"

namespace weir::actors {

/// Starts with what the block log holds.
block_store_actor spawn_block_store(caf::actor_system& system, services_ptr services);

} // namespace weir::actors
