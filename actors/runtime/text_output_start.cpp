#include "actors/runtime/text_output_start.hpp"

#include <algorithm>
#include <filesystem>

#include "actors/runtime/clock_and_chance.hpp"

namespace weir::actors {

namespace {

/// Those that the program has written, and the dead letters if they have a place of their own.
std::vector<plan::output> text_outputs(const runtime_options& options, const application_services& application,
                                       const plan::physical_plan& plan) {
  auto outputs = plan.outputs();
  if (application.dead_letters && !options.settings.dead_letters.empty())
    outputs.push_back(application.plan->outputs()[application.dead_letters->value]);
  return outputs;
}

} // namespace

result<output_claims> text_output_start::examine(const log::store& content) const {
  auto outputs = text_outputs(options_, application_, plan_);
  auto last = log::read_last_batch(content);
  if (!last)
    return tl::make_unexpected(last.error());
  std::error_code unknown;
  output_owner owner{options_.application,   application_.record.directory_id, no_data_directory, *last,
                     options_.after_restore, options_.after_set_aside};
  if (!options_.data_dir.empty())
    owner.place = std::filesystem::weakly_canonical(std::filesystem::absolute(options_.data_dir), unknown).string();
  auto examined = examine_outputs(files_, outputs, owner);
  if (examined && examined->beyond) { // numbers rise with the time
    constexpr std::int64_t day_ms = 86'400'000;
    auto interval = static_cast<std::int64_t>(application_.record.interval_us);
    auto& beyond = *examined->beyond;
    if (beyond.id.value == 0 && beyond.time_ms > wall_clock_us() / 1000 + day_ms) { // no time that a run would reach
      examined->beyond.reset();
      return examined;
    }
    if (interval > 0)
      beyond.id = std::max(beyond.id, batch_id{static_cast<std::uint64_t>(beyond.time_ms * 1000 / interval)});
  }
  return examined;
}

result<void> text_output_start::examine_marked(const log::store& content) {
  if (has_real_files())
    if (auto locked = locks_.take_marked(text_outputs(options_, application_, plan_)); !locked)
      return locked;
  auto examined = examine(content);
  if (!examined)
    return tl::make_unexpected(examined.error());
  claims_ = std::move(*examined);
  if (has_real_files() && !options_.after_restore)
    return locks_.check_origin(files_, claims_);
  return {};
}

result<void> text_output_start::lock_all(const log::store& content) {
  if (!has_real_files())
    return {};
  if (auto locked = locks_.take(claims_); !locked)
    return locked;
  auto examined = examine(content); // another may have been quicker to lock, and have ended since
  if (!examined)
    return tl::make_unexpected(examined.error());
  claims_ = std::move(*examined);
  return {};
}

result<void> text_output_start::claim(const std::optional<log::last_batch>& last) {
  return claim_outputs(files_, std::move(claims_), last);
}

} // namespace weir::actors
