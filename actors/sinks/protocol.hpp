#pragma once

#include "actors/caf.hpp"
#include "actors/node/role.hpp"

namespace weir::actors {

/// From the coordinator: make a committed batch visible in this output. Sent in batch order. Repeated until answered; publishing twice
/// shows once.
struct publish_batch {
  weir::epoch epoch;
  log::commit_record record;
  batch_id oldest; ///< all before it are published
  WEIR_FIELDS(x.epoch, x.record, x.oldest)
};

/// To itself, from its thread.
struct publication_ended {
  std::vector<batch_id> batches;
  WEIR_FIELDS(x.batches)
};

/// To itself, from its thread: a disk has no room for them.
struct publication_refused {
  std::string problem;
  WEIR_FIELDS(x.problem)
};

/// To itself, from its thread: what the output writes to, or the program's own function, failed.
struct publication_failed {
  batch_id batch;         ///< the first of the group
  std::uint32_t code = 0; ///< an error_code
  bool by_function = false;
  std::string problem;
  WEIR_FIELDS(x.batch, x.code, x.by_function, x.problem)
};

/// To itself: time to try again what a disk had no room for, or what failed.
struct publish_again {
  std::uint64_t attempt = 0; ///< the one that was refused or failed
  WEIR_FIELDS(x.attempt)
};

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
