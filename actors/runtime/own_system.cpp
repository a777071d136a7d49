#include "actors/runtime/own_system.hpp"

#include "actors/runtime/actor_runtime.hpp"
#include "actors/runtime/setting_values.hpp"
#include "actors/runtime/tree.hpp"

namespace weir {

void configure(caf::actor_system_config& config) { actors::register_messages(config); }

result<std::shared_ptr<runtime>> make_runtime(caf::actor_system& system, const runtime_settings& settings) {
  actors::runtime_options options;
  options.application = settings.application;
  options.data_dir = settings.data_dir;
  options.partitions = settings.partitions;
  options.settings.batch_interval = settings.batch_interval;
  options.settings.block_interval = actors::default_block_interval(settings.batch_interval);
  options.settings.executors = settings.executors;
  options.system = &system;
  for (auto& text : settings.inputs) {
    auto url = actors::parse_input_url(text);
    if (!url)
      return tl::make_unexpected(url.error());
    options.settings.inputs.push_back(*url);
  }
  actors::setting_values values;
  for (auto& assignment : settings.set)
    if (auto set = values.set(assignment); !set)
      return tl::make_unexpected(set.error());
  auto partitions = settings.partitions > 0 ? settings.partitions : 2 * settings.executors;
  if (auto applied = values.apply(options.settings, partitions); !applied)
    return tl::make_unexpected(applied.error());
  return std::make_shared<actors::actor_runtime>(std::move(options));
}

} // namespace weir
