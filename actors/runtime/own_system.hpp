#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "actors/caf.hpp"
#include "libstream/api/runtime.hpp"

namespace weir {

/// Prepares a configuration for streams, before the actor system is made of it. Our messages take type ids from
/// `caf::first_custom_type_id` to 1999 above it; users' blocks begin there or later.
void configure(caf::actor_system_config& config);

/// How streams run inside an actor system of the user's own.
struct runtime_settings {
  std::string application;         ///< names the owner of the data directory
  std::string data_dir;            ///< empty = no log
  std::vector<std::string> inputs; ///< URLs, as behind --input
  std::vector<std::string> set;    ///< settings, as behind --set
  std::chrono::microseconds batch_interval{100'000};
  std::uint32_t executors = 1;
  std::uint32_t partitions = 0; ///< at first start; 0 = twice the executors
};

/// A runtime whose actors live in `system`, which must outlive it. `stream_context::start` takes it; it refuses a system that
/// `configure` has not prepared. Error 78: a setting means nothing.
result<std::shared_ptr<runtime>> make_runtime(caf::actor_system& system, const runtime_settings& settings);

} // namespace weir
