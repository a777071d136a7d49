#pragma once

#include <cstdint>
#include <string>

#include "actors/caf.hpp"
#include "libstream/base/fields.hpp"

namespace weir::actors {

/// To itself: the pause before a restart is over.
struct restart_due {
  std::uint64_t ticket = 0;
  WEIR_FIELDS(x.ticket)
};

/// To itself: a child has had its time to end.
struct end_overdue {
  std::uint32_t child = 0;
  std::uint64_t incarnation = 0;
  WEIR_FIELDS(x.child, x.incarnation)
};

/// To itself: a child could not be started.
struct start_failed {
  std::uint32_t child = 0;
  std::string reason;
  WEIR_FIELDS(x.child, x.reason)
};

/// Starts children in order, watches them, starts them again, stops them in reverse. It is stopped like any actor, by an exit message; killed,
/// it takes its children with it. All its messages come from itself.
using supervisor_actor =
  caf::typed_actor<caf::reacts_to<restart_due>, caf::reacts_to<end_overdue>, caf::reacts_to<start_failed>>;

} // namespace weir::actors

CAF_BEGIN_TYPE_ID_BLOCK(weir_supervisor, caf::first_custom_type_id + 700)
CAF_ADD_TYPE_ID(weir_supervisor, (weir::actors::restart_due))
CAF_ADD_TYPE_ID(weir_supervisor, (weir::actors::end_overdue))
CAF_ADD_TYPE_ID(weir_supervisor, (weir::actors::start_failed))
CAF_END_TYPE_ID_BLOCK(weir_supervisor)
