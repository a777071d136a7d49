#pragma once

#include "actors/caf.hpp"
#include "actors/node/role.hpp"

namespace weir::actors {

/// From the coordinator: make a committed batch visible in this output. Repeated until answered; publishing twice shows once.
struct publish_batch {
  weir::epoch epoch;
  log::commit_record record;
  WEIR_FIELDS(x.epoch, x.record)
};

/// To itself, from its thread.
struct publication_ended {
  weir::epoch epoch;
  batch_id batch;
  WEIR_FIELDS(x.epoch, x.batch)
};

/// Publishes one output, batch after batch. Index = the output's index in the plan. Children of the supervisor.
using sink_actor = caf::typed_actor<
  // Publishes. From the coordinator; answers batch_published.
  caf::reacts_to<publish_batch>,
  // One batch is visible and survives a power cut.
  caf::reacts_to<publication_ended>,
  // The coordinator repeats by itself. From the supervisor.
  caf::reacts_to<peer_restarted>>;

} // namespace weir::actors

CAF_BEGIN_TYPE_ID_BLOCK(weir_sink, caf::first_custom_type_id + 400)
CAF_ADD_TYPE_ID(weir_sink, (weir::actors::publish_batch))
CAF_ADD_TYPE_ID(weir_sink, (weir::actors::publication_ended))
CAF_END_TYPE_ID_BLOCK(weir_sink)
