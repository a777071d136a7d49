#pragma once

#include <memory>
#include <utility>

#include "actors/application/application_services.hpp"
#include "actors/batch_coordinator/coordinator_services.hpp"
#include "actors/checkpoint_writer/writer_services.hpp"
#include "actors/node/node_services.hpp"

namespace weir::actors {

/// All services of a process that is a whole cluster: one node, and the coordinator on it. For those that set a process up; an actor is
/// given only those of them that it needs. Copies share the same services.
struct process_services {
  std::shared_ptr<application_services> application = std::make_shared<application_services>();
  node_ptr node = std::make_shared<node_services>();
  coordination_ptr coordinator = std::make_shared<coordinator_services>();
  writer_ptr writer = std::make_shared<writer_services>();

  /// Both logs lie in `store`. Null: nobody holds a store any more.
  void use_store(std::shared_ptr<log::store> store) {
    node->log = log::readable_node_log{store};
    node->seals = log::known_seals{store};
    coordinator->log = log::readable_batch_log{store};
    writer->store = std::move(store);
  }
};

} // namespace weir::actors
