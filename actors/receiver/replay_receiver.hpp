#pragma once

#include "actors/node/services.hpp"
#include "actors/receiver/protocol.hpp"

namespace weir::actors {

/// Watches an input that can be read again: a directory, or a source that the program brings.
replay_receiver_actor spawn_replay_receiver(caf::actor_system& system, services_ptr services, input_id input);

} // namespace weir::actors
