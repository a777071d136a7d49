#pragma once

#include "libstream/base/fields.hpp"
#include "libstream/base/ids.hpp"

namespace weir::actors {

/// One attempt at a batch; an attempt with an older epoch or view is refused everywhere.
struct attempt {
  weir::epoch epoch;
  view_id view;

  auto operator<=>(const attempt&) const = default;
  WEIR_FIELDS(x.epoch, x.view)
};

} // namespace weir::actors
