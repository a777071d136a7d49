#pragma once

#include <memory>
#include <string>
#include <vector>

#include "libstream/plan/task.hpp"

namespace weir::plan {

/// `base` with one more output, the last, to which no operator writes: the runtime does. Error 78: the plan has one of that name.
result<std::shared_ptr<const physical_plan>> with_output(std::shared_ptr<const physical_plan> base, std::string name,
                                                         std::vector<output_target> targets);

} // namespace weir::plan
