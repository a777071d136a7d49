#include "actors/runtime/own_system.hpp"

#include <cerrno>

#include "actors/node/process_limits.hpp"
#include "actors/runtime/configuration.hpp"
#include "actors/runtime/tree.hpp"

namespace weir {

void configure(caf::actor_system_config& config) {
  // CAF begins its threads when the system is made, and cannot take back those that it has when one is refused.
  static const actors::sentence_at_terminate for_the_process{program_invocation_short_name};
  actors::register_messages(config);
}

result<std::shared_ptr<runtime>> make_runtime(caf::actor_system& system, const runtime_settings& settings) {
  auto options = actors::runtime_options_of(settings);
  if (!options)
    return tl::make_unexpected(options.error());
  options->system = &system;
  return std::make_shared<actors::actor_runtime>(std::move(*options));
}

} // namespace weir
