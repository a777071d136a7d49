#pragma once

#include "actors/block_store/messages.hpp"
#include "actors/caf.hpp"
#include "actors/checkpoint_writer/protocol.hpp"
#include "actors/node/log_was_read.hpp"
#include "actors/node/role.hpp"

namespace weir::actors {

/// Keeps one node's blocks: in memory until their batch commits, and in the block log through the checkpoint writer. Tells the
/// coordinator of every block once it is on its way to the log. One for each node, child of the supervisor.
using block_store_actor = caf::typed_actor<
  // Keeps and logs. From a receiver; answers blocks_durable or epoch_refused.
  caf::reacts_to<store_blocks>,
  // Durable. From the writer.
  caf::reacts_to<blocks_appended>,
  // A newer epoch is open. From the writer.
  caf::reacts_to<epoch_refused>,
  // Says again what is not released. From the coordinator; answers blocks_ready.
  caf::reacts_to<report_blocks>,
  // Says again what is behind a gap. From the coordinator; answers blocks_ready.
  caf::reacts_to<report_blocks_behind>,
  // Lets memory go. From the coordinator; tells the receiver blocks_released.
  caf::reacts_to<release_blocks>,
  // What it wanted to know of the log. From itself, off the log's thread.
  caf::reacts_to<log_was_read>,
  // Repeats what was not answered for too long. From itself.
  caf::reacts_to<retry_tick>,
  // Repeats what the lost incarnation did not answer. From the supervisor.
  caf::reacts_to<peer_restarted>>;

} // namespace weir::actors

CAF_BEGIN_TYPE_ID_BLOCK(weir_block_store, caf::first_custom_type_id + 200)
CAF_ADD_TYPE_ID(weir_block_store, (weir::actors::store_blocks))
CAF_ADD_TYPE_ID(weir_block_store, (weir::actors::report_blocks))
CAF_ADD_TYPE_ID(weir_block_store, (weir::actors::release_blocks))
CAF_ADD_TYPE_ID(weir_block_store, (weir::actors::report_blocks_behind))
CAF_END_TYPE_ID_BLOCK(weir_block_store)
