#pragma once

#include "actors/application/application_services.hpp"
#include "actors/node/node_services.hpp"
#include "actors/partition_executor/protocol.hpp"

namespace weir::actors {

/// One executor with its task thread. `index` is its place among the node's executors.
partition_executor_actor spawn_partition_executor(caf::actor_system& system, application_ptr application, node_ptr node,
                                                  std::uint32_t index);

} // namespace weir::actors
