#pragma once

#include "actors/node/services.hpp"
#include "actors/partition_executor/protocol.hpp"

namespace weir::actors {

/// One executor with its task thread. `index` is its place among the node's executors.
partition_executor_actor spawn_partition_executor(caf::actor_system& system, services_ptr services,
                                                  std::uint32_t index);

} // namespace weir::actors
