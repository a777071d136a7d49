#pragma once

#include "actors/node/services.hpp"
#include "libstream/log/records.hpp"
#include "libstream/plan/task.hpp"

namespace weir::actors {

/// Makes one committed batch visible in all targets of one output. Blocking: on the sink's worker only. Repeating it is harmless:
///
/// * `text:PREFIX`: parts and `_SUCCESS` are written and synced in a hidden temporary directory, which is then renamed to
///   PREFIX-TIME at once; a directory that is already there is the same batch, published before.
/// * `print`: at least once across a crash, as nothing can be asked of a terminal.
result<void> publish(services& services, const plan::output& output, const log::commit_record& batch);

} // namespace weir::actors
