#pragma once

#include "actors/node/services.hpp"
#include "actors/receiver/feed_protocol.hpp"

namespace weir::actors {

/// The receiver of an input that has a feed: `tcp://`, `generate://`, sources of the program's own. Its feed begins once its epoch is
/// open, and ends with it; a successor opens another.
feed_receiver_actor spawn_feed_receiver(caf::actor_system& system, services_ptr services, input_id input);

} // namespace weir::actors
