#pragma once

#include <memory>
#include <string>

#include "actors/runtime/actor_runtime.hpp"
#include "actors/runtime/runtime_settings.hpp"
#include "libstream/api/stream_context.hpp"

namespace weir {

/// What `get_or_create` may do with a data directory that cannot be read.
enum class if_damaged {
  refuse, ///< error 65
  /// Move it to PATH.set-aside-N and begin anew: what it held is not in the new one. The new one takes over the text outputs, and its batches
  /// are younger than those that are there.
  set_aside,
};

/// A context that is built and not started: `context->start()` does.
struct opened_context {
  std::shared_ptr<stream_context> context;
  bool recovered = false; ///< goes on where the data directory stands
  bool was_active = false;
  std::string set_aside; ///< whither the damaged directory was moved; empty = nowhere
};

/// Spark's StreamingContext.getOrCreate, for programs with a `main` of their own and no flags; `weir::run` does the same behind flags. A data
/// directory holds no code, so `build` is always called. With a directory that exists its partition count is taken from there, and so is its
/// batch interval unless `settings` give one; `repartition` in `settings.set` changes the count. Without `outputs` those in `settings.set` hold,
/// else `print()`; in both places they are refused. Errors: 78 (not a data directory, another application's), 65 (damaged), and those of `build`.
[[nodiscard]] result<opened_context> get_or_create(const runtime_settings& settings, const application& build,
                                                   if_damaged damaged = if_damaged::refuse,
                                                   output_targets outputs = {});

/// The context of this process that is active, if one is; else as above.
[[nodiscard]] result<opened_context> get_active_or_create(const runtime_settings& settings, const application& build,
                                                          if_damaged damaged = if_damaged::refuse,
                                                          output_targets outputs = {});

namespace actors {

/// The same with all that tests and benchmarks may replace.
[[nodiscard]] result<opened_context> get_or_create(runtime_options options, const application& build,
                                                   if_damaged damaged = if_damaged::refuse,
                                                   output_targets outputs = print());
[[nodiscard]] result<opened_context> get_active_or_create(runtime_options options, const application& build,
                                                          if_damaged damaged = if_damaged::refuse,
                                                          output_targets outputs = print());

} // namespace actors

} // namespace weir
