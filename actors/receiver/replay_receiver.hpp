#pragma once

#include "actors/application/application_services.hpp"
#include "actors/node/node_services.hpp"
#include "actors/receiver/protocol.hpp"

namespace weir::actors {

/// Watches an input that can be read again: a directory, or a source that the program brings.
replay_receiver_actor spawn_replay_receiver(caf::actor_system& system, application_ptr application, node_ptr node,
                                            input_id input);

} // namespace weir::actors
