#pragma once

#include <span>

#include "actors/node/services.hpp"
#include "libstream/log/records.hpp"
#include "libstream/plan/task.hpp"

namespace weir::actors {

/// Makes committed batches visible in all targets of one output, in their order. Blocking: on the sink's worker only. Repeating it
/// is harmless:
///
/// * `text:PREFIX`: parts and `_SUCCESS` are written in a hidden temporary directory; when those of all `batches` are synced, one
///   after the other is renamed to PREFIX-TIME, at once; a directory that is already there is the same batch, published before.
/// * `print`: at least once across a crash, as nothing can be asked of a terminal.
/// * a function of the program: at least once across a crash. What it throws is an error with `thrown_by`; which batch it was is known if
///   `batches` is one.
result<void> publish(services& services, const plan::output& output, std::span<const log::commit_record> batches);

} // namespace weir::actors
