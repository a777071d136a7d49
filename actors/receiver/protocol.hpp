#pragma once

#include "actors/batch_coordinator/protocol.hpp"
#include "actors/caf.hpp"
#include "actors/checkpoint_writer/protocol.hpp"
#include "actors/node/log_was_read.hpp"
#include "actors/node/role.hpp"
#include "actors/receiver/feed_messages.hpp"
#include "actors/receiver/messages.hpp"

namespace weir::actors {

/// Receives the records of one input on one node, whether producers bring them to a port or the process fetches or makes them itself: cuts
/// blocks, has them stored, acknowledges what is durable, paces whoever brings records.
using receiver_actor = caf::typed_actor<
  // May append under this epoch from now on. From the coordinator.
  caf::reacts_to<input_opened>,
  // Acknowledge. From the block store.
  caf::reacts_to<blocks_durable>,
  // Memory is free again. From the block store.
  caf::reacts_to<blocks_released>,
  // A newer incarnation writes: start anew. From the block store or the writer.
  caf::reacts_to<epoch_refused>,
  // Where a producer stands. From the writer.
  caf::reacts_to<producer_found>,
  // A goodbye is durable. From the writer.
  caf::reacts_to<departure_recorded>,
  // Who was silent for long has left, so many names stay. From the writer.
  caf::reacts_to<producers_forgotten>,
  // What it wanted to know of the log. From itself, off the log's thread.
  caf::reacts_to<log_was_read>,
  // Take no more. From the coordinator.
  caf::reacts_to<drain_input>,
  // Report activity. From the coordinator.
  caf::reacts_to<report_input>,
  // How fast it may go. From the coordinator.
  caf::reacts_to<limit_rate>,
  // What producers do. From the server of a port.
  caf::reacts_to<producer_hello>, caf::reacts_to<producer_data>, caf::reacts_to<producer_goodbye>,
  caf::reacts_to<connection_closed>,
  // Timers of a port: the rate allows records again, silent producers may be let go.
  caf::reacts_to<read_again>, caf::reacts_to<forgetting_due>,
  // What a feed has to say. From its threads.
  caf::reacts_to<feed_gave>, caf::reacts_to<feed_ended>, caf::reacts_to<source_stopped>, caf::reacts_to<feed_warned>,
  caf::reacts_to<feed_sleeps>,
  // It is time to wake the feed.
  caf::reacts_to<feed_wakes>,
  // Timers.
  caf::reacts_to<cut_block>, caf::reacts_to<input_tick>, caf::reacts_to<retry_tick>,
  // Repeat what the lost incarnation did not answer. From the supervisor.
  caf::reacts_to<peer_restarted>>;

/// Watches one input that can be read again: finds partitions, reports how far they can be read; the data stays where it is.
using replay_receiver_actor = caf::typed_actor<
  // Take no more. From the coordinator.
  caf::reacts_to<drain_input>,
  // Report all partitions. From the coordinator.
  caf::reacts_to<report_input>,
  // It has taken what was reported. From the coordinator.
  caf::reacts_to<offsets_taken>,
  // Look at the source.
  caf::reacts_to<input_tick>,
  // What was seen there. From its own worker.
  caf::reacts_to<source_listed>,
  // Count records that are not sealed yet. From the coordinator; the answer, which is passed on, from its own worker.
  caf::reacts_to<count_offsets>, caf::reacts_to<offsets_counted>,
  // Repeats what was not taken. From itself.
  caf::reacts_to<retry_tick>,
  // A new coordinator asks by itself; nothing else to repeat. From the supervisor.
  caf::reacts_to<peer_restarted>>;

} // namespace weir::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::actors::producer_data)

CAF_BEGIN_TYPE_ID_BLOCK(weir_receiver, caf::first_custom_type_id + 100)
CAF_ADD_TYPE_ID(weir_receiver, (weir::actors::input_opened))
CAF_ADD_TYPE_ID(weir_receiver, (weir::actors::blocks_durable))
CAF_ADD_TYPE_ID(weir_receiver, (weir::actors::blocks_released))
CAF_ADD_TYPE_ID(weir_receiver, (weir::actors::drain_input))
CAF_ADD_TYPE_ID(weir_receiver, (weir::actors::report_input))
CAF_ADD_TYPE_ID(weir_receiver, (weir::actors::cut_block))
CAF_ADD_TYPE_ID(weir_receiver, (weir::actors::input_tick))
CAF_ADD_TYPE_ID(weir_receiver, (weir::actors::source_listed))
CAF_ADD_TYPE_ID(weir_receiver, (weir::actors::producer_hello))
CAF_ADD_TYPE_ID(weir_receiver, (weir::actors::producer_data))
CAF_ADD_TYPE_ID(weir_receiver, (weir::actors::producer_goodbye))
CAF_ADD_TYPE_ID(weir_receiver, (weir::actors::connection_closed))
CAF_ADD_TYPE_ID(weir_receiver, (weir::actors::forgetting_due))
CAF_END_TYPE_ID_BLOCK(weir_receiver)

CAF_BEGIN_TYPE_ID_BLOCK(weir_rates, caf::first_custom_type_id + 800)
CAF_ADD_TYPE_ID(weir_rates, (weir::actors::limit_rate))
CAF_ADD_TYPE_ID(weir_rates, (weir::actors::read_again))
CAF_ADD_TYPE_ID(weir_rates, (weir::actors::count_offsets))
CAF_ADD_TYPE_ID(weir_rates, (weir::actors::offsets_taken))
CAF_END_TYPE_ID_BLOCK(weir_rates)
