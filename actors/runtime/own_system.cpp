#include "actors/runtime/own_system.hpp"

#include "actors/runtime/configuration.hpp"
#include "actors/runtime/tree.hpp"

namespace weir {

void configure(caf::actor_system_config& config) { actors::register_messages(config); }

result<std::shared_ptr<runtime>> make_runtime(caf::actor_system& system, const runtime_settings& settings) {
  auto all = actors::configuration_of(settings);
  if (!all)
    return tl::make_unexpected(all.error());
  all->options.system = &system;
  return std::make_shared<actors::actor_runtime>(std::move(all->options));
}

} // namespace weir
