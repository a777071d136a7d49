#pragma once

#include <memory>

#include "actors/node/file_system.hpp"

namespace weir::actors {

/// The real files of this machine.
std::shared_ptr<file_system> make_posix_file_system();

} // namespace weir::actors
