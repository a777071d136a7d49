#pragma once

#include "actors/caf.hpp"
#include "actors/node/role.hpp"
#include "actors/sinks/messages.hpp"

namespace weir::actors {

/// Publishes one output, batch after batch, those that wait together. Index = the output's index in the plan. Children of the supervisor.
using sink_actor = caf::typed_actor<
  // Publishes. From the coordinator; answers batch_published.
  caf::reacts_to<publish_batch>,
  // They are visible and survive a power cut.
  caf::reacts_to<publication_ended>,
  // There is no room for them; they stay in the log, and are tried again.
  caf::reacts_to<publication_refused>,
  // They are tried again after a pause; if they have failed for too long, `on_error` decides.
  caf::reacts_to<publication_failed>,
  // Is there room again? Does the function work again?
  caf::reacts_to<publish_again>,
  // The coordinator repeats by itself. From the supervisor.
  caf::reacts_to<peer_restarted>>;

} // namespace weir::actors

CAF_BEGIN_TYPE_ID_BLOCK(weir_sink, caf::first_custom_type_id + 400)
CAF_ADD_TYPE_ID(weir_sink, (weir::actors::publish_batch))
CAF_ADD_TYPE_ID(weir_sink, (weir::actors::publication_ended))
CAF_ADD_TYPE_ID(weir_sink, (weir::actors::publication_refused))
CAF_ADD_TYPE_ID(weir_sink, (weir::actors::publish_again))
CAF_ADD_TYPE_ID(weir_sink, (weir::actors::publication_failed))
CAF_END_TYPE_ID_BLOCK(weir_sink)
