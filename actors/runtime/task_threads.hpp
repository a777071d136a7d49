#pragma once

#include <memory>

#include "actors/node/worker.hpp"

namespace weir::actors {

/// Workers that are threads, one for each name. The destructor lets running jobs end, drops those that wait, and joins.
std::shared_ptr<worker_factory> make_task_threads();

} // namespace weir::actors
