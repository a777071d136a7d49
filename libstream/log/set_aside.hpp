#pragma once

#include <string>

#include "libstream/base/error.hpp"

namespace weir::log {

/// Moves a data directory out of the way, to `PATH.set-aside-N` beside it, N the first that is free; returns that. Nothing in it changes. Errors:
/// 78 (an application uses it), 74.
result<std::string> set_aside(const std::string& path);

} // namespace weir::log
