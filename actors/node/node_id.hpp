#pragma once

#include <cstdint>

#include "libstream/base/ids.hpp"

namespace weir::actors {

/// A node of the application. One process alone is node 0.
using node_id = strong_id<struct node_id_tag, std::uint32_t>;

} // namespace weir::actors
