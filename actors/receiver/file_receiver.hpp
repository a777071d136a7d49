#pragma once

#include "actors/node/services.hpp"
#include "actors/receiver/protocol.hpp"

namespace weir::actors {

/// Watches the directory of one `file:` input.
file_receiver_actor spawn_file_receiver(caf::actor_system& system, services_ptr services, input_id input);

} // namespace weir::actors
