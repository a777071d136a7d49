#pragma once

#include <memory>

#include "libstream/log/store.hpp"

namespace weir::actors {

/// What only the checkpoint writer has: the store of both logs, which its worker alone commits to. One transaction of it changes the batch log
/// and the node log together, as one process is the whole cluster.
struct writer_services {
  std::shared_ptr<log::store> store;
};

using writer_ptr = std::shared_ptr<writer_services>;

} // namespace weir::actors
