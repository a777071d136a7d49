#pragma once

#include "libstream/api/names.hpp"
#include "libstream/api/replayable.hpp"

/// For sources that can be read again: `weir::replayable_source`.
