#pragma once

#include "actors/caf.hpp"
#include "actors/runtime/runtime_settings.hpp"

namespace weir {

/// Prepares a configuration for streams, before the actor system is made of it. Our messages take type ids from
/// `caf::first_custom_type_id` to 1999 above it; users' blocks begin there or later.
/// From now on a process that is refused a thread or memory where nobody catches it, as by the constructor of the actor system, ends with a
/// sentence and 78, and not by a signal.
void configure(caf::actor_system_config& config);

/// A runtime whose actors live in `system`, which must outlive it. `stream_context::start` takes it; it refuses a system that
/// `configure` has not prepared. Error 78: a setting means nothing.
[[nodiscard]] result<std::shared_ptr<runtime>> make_runtime(caf::actor_system& system,
                                                            const runtime_settings& settings);

} // namespace weir
