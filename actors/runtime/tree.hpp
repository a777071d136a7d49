#pragma once

#include "actors/node/services.hpp"
#include "actors/supervisor/supervisor.hpp"

namespace weir::actors {

/// Tells CAF the message types. Call on a configuration before its actor system is made.
void register_messages(caf::actor_system_config& config);

/// Builds the whole application of one node below one supervisor: checkpoint writer, block store, executors, sinks, coordinator,
/// receivers, started in this order. Used by the real runtime and by the simulation alike.
supervisor_actor spawn_tree(caf::actor_system& system, services_ptr services, restart_policy::limits limits = {});

/// The addresses of all actors below the supervisor.
std::vector<address> addresses(const services& services);

} // namespace weir::actors
