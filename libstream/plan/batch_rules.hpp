#pragma once

#include <cstddef>
#include <cstdint>

#include "libstream/plan/task.hpp"

/// What every runtime decides about a whole batch in the same way. Pure.
namespace weir::plan {

/// Whether something runs in every batch, also without input.
bool is_always_due(const physical_plan& plan);

/// How many tasks a batch of so many splits has. None of an empty batch whose stages all read the input: it is computed as soon as it is
/// sealed.
std::size_t count_tasks(const physical_plan& plan, std::size_t splits, std::uint32_t partitions);

} // namespace weir::plan
