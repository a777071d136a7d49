#pragma once

#include "libstream/api/names.hpp"
#include "libstream/api/receiver.hpp"

/// For sources that a program brings itself, and what they lose or do not lose: `weir::receiver`.
