#pragma once

#include "actors/caf.hpp"
#include "actors/node/role.hpp"
#include "actors/partition_executor/messages.hpp"

namespace weir::actors {

/// Runs the tasks that are its own by index: one task thread, oldest batch first. Children of the supervisor.
using partition_executor_actor = caf::typed_actor<
  // Starts (or restarts, with a higher attempt) a batch. From the coordinator; every ended task is reported as task_finished.
  caf::reacts_to<run_batch>,
  // One more input of a reduce task is there. From the executors, itself included.
  caf::reacts_to<map_output_ready>,
  // Drops a batch. From the coordinator.
  caf::reacts_to<forget_batch>,
  // The thread is free.
  caf::reacts_to<tasks_ended>,
  // Is there room again?
  caf::reacts_to<run_again>,
  // The coordinator raises the view by itself. From the supervisor.
  caf::reacts_to<peer_restarted>>;

} // namespace weir::actors

CAF_BEGIN_TYPE_ID_BLOCK(weir_partition_executor, caf::first_custom_type_id + 300)
CAF_ADD_TYPE_ID(weir_partition_executor, (weir::actors::run_batch))
CAF_ADD_TYPE_ID(weir_partition_executor, (weir::actors::map_output_ready))
CAF_ADD_TYPE_ID(weir_partition_executor, (weir::actors::forget_batch))
CAF_ADD_TYPE_ID(weir_partition_executor, (weir::actors::task_ended))
CAF_ADD_TYPE_ID(weir_partition_executor, (weir::actors::tasks_ended))
CAF_ADD_TYPE_ID(weir_partition_executor, (weir::actors::run_again))
CAF_END_TYPE_ID_BLOCK(weir_partition_executor)
