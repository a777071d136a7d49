#pragma once

#include <functional>
#include <vector>

#include "actors/node/services.hpp"
#include "actors/supervisor/protocol.hpp"
#include "actors/supervisor/restart_policy.hpp"

namespace weir::actors {

/// What a supervisor must know of a child: who it is and how to make it. `start` returns an actor that has not run yet
/// (`caf::lazy_init`), so that it is in the directory before it says its first word.
struct child_specification {
  address who;
  std::function<caf::strong_actor_ptr()> start;
};

/// Starts `children` in order. A child that ends is started again; one that ends too often fails the application.
supervisor_actor spawn_supervisor(caf::actor_system& system, services_ptr services,
                                  std::vector<child_specification> children, restart_policy::limits limits = {});

} // namespace weir::actors
