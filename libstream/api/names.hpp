#pragma once

#include "libstream/data/object_bytes.hpp"
#include "libstream/plan/live_source.hpp"
#include "libstream/plan/node.hpp"
#include "libstream/plan/task.hpp"

/// What users write of the rooms below, under the one name that they know.
namespace weir {

using data::read_object_bytes;
using plan::delivered_batch;
using plan::delivered_part;
using plan::delivery;
using plan::output_target;
using plan::plan_error;
using plan::record_numbers;

} // namespace weir
