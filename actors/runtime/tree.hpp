#pragma once

#include <memory>

#include "actors/runtime/process_services.hpp"
#include "actors/supervisor/supervised_tree.hpp"

namespace weir::actors {

/// Tells CAF the message types. Call on a configuration before its actor system is made.
void register_messages(caf::actor_system_config& config);
/// Whether that was done.
bool is_prepared(const caf::actor_system_config& config);

/// Builds the whole application of one node, started in this order and stopped in the reverse one:
///
///   root
///     storage      checkpoint-writer-0, block-store-0
///     executors    partition-executor-0...
///     outputs      sink-0...
///     batch-coordinator-0
///     inputs       receiver-0...
///
/// Each is restarted alone: its peers hear of it and repeat what it has not answered. Used by the real runtime and by the simulation alike.
/// `limits` hold for each actor and supervisor. When the root gives up, the application's `fail` is told which actor could not be kept alive.
std::shared_ptr<supervised_tree> spawn_tree(caf::actor_system& system, const process_services& services,
                                            const restart_policy::limits& limits);

/// What the settings say.
restart_policy::limits restart_limits(const settings& of);

/// The addresses of all actors and supervisors; `to_string` gives the name of each in the tree.
std::vector<address> addresses(const application_services& application);

} // namespace weir::actors
