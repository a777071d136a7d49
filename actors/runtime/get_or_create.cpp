#include "actors/runtime/get_or_create.hpp"

#include <filesystem>
#include <optional>

#include "actors/runtime/configuration.hpp"
#include "libstream/log/data_directory.hpp"
#include "libstream/log/recovery.hpp"
#include "libstream/log/set_aside.hpp"

namespace weir {

namespace {

namespace fs = std::filesystem;

/// What the directory says of its application; nothing if there is none yet.
result<std::optional<log::application_record>> look_at(const std::string& directory) {
  std::error_code unknown;
  if (!fs::exists(directory, unknown) || (fs::is_directory(directory, unknown) && fs::is_empty(directory, unknown)))
    return std::optional<log::application_record>{};
  auto view = log::view_directory(directory);
  if (!view)
    return tl::make_unexpected(view.error());
  if (auto verified = log::verify(*view->store, false); !verified)
    return tl::make_unexpected(verified.error());
  return std::optional{view->application};
}

/// A damaged directory was moved away from this place, now or at an earlier start that may not have come far.
bool was_set_aside(const std::string& directory) {
  std::error_code unknown;
  auto path = fs::weakly_canonical(fs::absolute(directory), unknown);
  if (!path.has_filename())
    path = path.parent_path();
  return fs::exists(path.string() + ".set-aside-1", unknown);
}

result<void> recover(actors::runtime_options& options, if_damaged damaged, opened_context& into) {
  if (options.data_dir.empty())
    return {};
  auto directory = look_at(options.data_dir);
  if (!directory && directory.error().code == error_code::corrupt && damaged == if_damaged::set_aside) {
    auto moved = log::set_aside(options.data_dir);
    if (!moved)
      return tl::make_unexpected(moved.error());
    into.set_aside = std::move(*moved);
    options.after_set_aside = true;
    return {};
  }
  if (!directory)
    return tl::make_unexpected(directory.error());
  options.after_set_aside = damaged == if_damaged::set_aside && was_set_aside(options.data_dir);
  if (!*directory)
    return {};
  auto interval = std::chrono::microseconds{static_cast<std::int64_t>((*directory)->interval_us)};
  if (!options.interval_given && interval.count() > 0 && interval != options.settings.batch_interval) {
    options.settings.batch_interval = interval;
    options.settings.block_interval = actors::default_block_interval(interval);
  }
  into.recovered = true;
  return {};
}

std::optional<opened_context> active_context() {
  opened_context opened;
  opened.context = stream_context::get_active();
  opened.was_active = true;
  return opened.context ? std::optional{std::move(opened)} : std::nullopt;
}

} // namespace

result<opened_context> actors::get_or_create(runtime_options options, const application& build, if_damaged damaged,
                                             output_targets outputs) {
  opened_context opened;
  if (auto recovered = recover(options, damaged, opened); !recovered)
    return tl::make_unexpected(recovered.error());
  opened.context = std::make_shared<stream_context>(std::move(outputs));
  if (auto built = build_on(*opened.context, build); !built)
    return tl::make_unexpected(built.error());
  opened.context->drive_with(std::make_shared<actor_runtime>(std::move(options)));
  return opened;
}

result<opened_context> actors::get_active_or_create(runtime_options options, const application& build,
                                                    if_damaged damaged, output_targets outputs) {
  if (auto active = active_context())
    return *active;
  return get_or_create(std::move(options), build, damaged, std::move(outputs));
}

result<opened_context> get_or_create(const runtime_settings& settings, const application& build, if_damaged damaged,
                                     output_targets outputs) {
  auto known = actors::configuration_of(settings);
  if (!known)
    return tl::make_unexpected(known.error());
  if (known->outputs_given && !outputs.empty())
    return fail(error_code::configuration, "the outputs are given twice: in runtime_settings::set, and in the call",
                "get_or_create", "leave one of the two out");
  if (outputs.empty())
    outputs = std::move(known->outputs);
  return actors::get_or_create(std::move(known->options), build, damaged, std::move(outputs));
}

result<opened_context> get_active_or_create(const runtime_settings& settings, const application& build,
                                            if_damaged damaged, output_targets outputs) {
  if (auto active = active_context())
    return *active;
  return get_or_create(settings, build, damaged, std::move(outputs));
}

} // namespace weir
