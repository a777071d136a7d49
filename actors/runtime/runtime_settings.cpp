#include "actors/runtime/runtime_settings.hpp"

#include "actors/runtime/configuration.hpp"
#include "actors/runtime/setting_values.hpp"

namespace weir {

namespace actors {

namespace {

setting_origin in_program(const char* field) {
  return {setting_origin::layer::flag, std::string{"runtime_settings::"} + field};
}

result<void> give(const runtime_settings& settings, setting_values& values) {
  for (auto& assignment : settings.set)
    if (auto set = values.set(assignment); !set)
      return set;
  auto give_one = [&](const char* key, const std::string& text) { return values.set(key, text, in_program(key)); };
  result<void> done;
  if (!settings.inputs.empty())
    done = values.set_list("input", settings.inputs, in_program("inputs"));
  if (done && !settings.data_dir.empty())
    done = give_one("data_dir", settings.data_dir);
  if (done && settings.batch_interval)
    done = give_one("batch_interval", std::to_string(settings.batch_interval->count()) + "us");
  if (done && settings.executors)
    done = give_one("executors", std::to_string(*settings.executors));
  if (done && settings.partitions)
    done = give_one("partitions", std::to_string(*settings.partitions));
  return done;
}

} // namespace

result<configuration> configuration_of(const runtime_settings& settings) {
  if (settings.application.empty())
    return fail(error_code::configuration, "the application has no name", "runtime_settings::application",
                "give it one: it names the owner of the data directory");
  auto configuration = default_configuration(settings.application);
  setting_values values;
  if (auto given = give(settings, values); !given)
    return tl::make_unexpected(given.error());
  if (auto applied = values.apply(configuration); !applied)
    return tl::make_unexpected(applied.error());
  configuration.options.interval_given = values.decided("batch_interval") != nullptr;
  configuration.outputs_given = values.decided("output") != nullptr;
  configuration.options.journal = make_stderr_journal(configuration.level, configuration.format);
  return configuration;
}

} // namespace actors

result<actors::runtime_options> actors::runtime_options_of(const runtime_settings& settings) {
  auto configuration = configuration_of(settings);
  if (!configuration)
    return tl::make_unexpected(configuration.error());
  if (configuration->outputs_given)
    return fail(error_code::configuration, "a runtime has no outputs of its own", "runtime_settings::set: output",
                "give them to the stream_context that it runs: stream_context context{text_files(\"PREFIX\")}");
  return std::move(configuration->options);
}

result<std::shared_ptr<runtime>> make_runtime(const runtime_settings& settings) {
  return actors::runtime_options_of(settings).map([](actors::runtime_options options) -> std::shared_ptr<runtime> {
    return std::make_shared<actors::actor_runtime>(std::move(options));
  });
}

} // namespace weir
