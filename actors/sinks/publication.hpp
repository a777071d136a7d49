#pragma once

#include <span>

#include "actors/application/application_services.hpp"
#include "actors/node/node_services.hpp"
#include "libstream/log/records.hpp"
#include "libstream/plan/task.hpp"

namespace weir::actors {

/// Why batches are not visible in an output.
struct publication_problem {
  error why;
  bool may_pass =
    false; ///< it lies in what the output writes to, or in the program's function: a later attempt may do better
};

/// Makes committed batches visible in all targets of one output, in their order. Blocking: on the sink's worker only. Repeating it
/// is harmless:
///
/// * `text:PREFIX`: parts and `_SUCCESS` are written in a hidden temporary directory; when those of all `batches` are synced, one
///   after the other is renamed to PREFIX-TIME, at once; a directory that is already there is the same batch, published before.
/// * `print`: at least once across a crash, as nothing can be asked of a terminal; all batches are one text, so that the printer knows
///   again what it has begun.
/// * a function of the program: at least once across a crash. What it throws is an error with `thrown_by`; which batch it was is known if
///   `batches` is one.
///
/// After a failed sync the files are written anew, under the temporary name, and never synced again as they are.
tl::expected<void, publication_problem> publish(const application_services& application, const node_services& node,
                                                const plan::output& output,
                                                std::span<const log::commit_record> batches);

} // namespace weir::actors
