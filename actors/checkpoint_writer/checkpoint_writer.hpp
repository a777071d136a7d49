#pragma once

#include "actors/application/application_services.hpp"
#include "actors/checkpoint_writer/protocol.hpp"
#include "actors/checkpoint_writer/writer_services.hpp"
#include "actors/node/node_services.hpp"

namespace weir::actors {

checkpoint_writer_actor spawn_checkpoint_writer(caf::actor_system& system, application_ptr application, node_ptr node,
                                                writer_ptr own);

} // namespace weir::actors
