#pragma once

#include "actors/checkpoint_writer/protocol.hpp"
#include "actors/node/services.hpp"

namespace weir::actors {

checkpoint_writer_actor spawn_checkpoint_writer(caf::actor_system& system, services_ptr services);

} // namespace weir::actors
