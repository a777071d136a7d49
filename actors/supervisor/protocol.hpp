#pragma once

#include "actors/caf.hpp"
#include "actors/node/role.hpp"

namespace weir::actors {

/// Ends a child as if it had failed, for fault-injection experiments. It is restarted like any other.
struct kill_child {
  address who;
  WEIR_FIELDS(x.who)
};

/// To itself: the pause before a restart is over.
struct restart_child {
  address who;
  WEIR_FIELDS(x.who)
};

/// Ends all children, then itself.
struct stop_children {
  std::uint32_t reason = 0;
  WEIR_FIELDS(x.reason)
};

/// Starts children in order, watches them, starts them again (one_for_one), enters them into the directory, tells their peers.
using supervisor_actor = caf::typed_actor<
  // From experiments.
  caf::reacts_to<kill_child>,
  // From itself.
  caf::reacts_to<restart_child>,
  // From the runtime.
  caf::reacts_to<stop_children>>;

} // namespace weir::actors

CAF_BEGIN_TYPE_ID_BLOCK(weir_supervisor, caf::first_custom_type_id + 700)
CAF_ADD_TYPE_ID(weir_supervisor, (weir::actors::kill_child))
CAF_ADD_TYPE_ID(weir_supervisor, (weir::actors::restart_child))
CAF_ADD_TYPE_ID(weir_supervisor, (weir::actors::stop_children))
CAF_END_TYPE_ID_BLOCK(weir_supervisor)
