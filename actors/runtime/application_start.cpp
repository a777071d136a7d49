#include "actors/runtime/application_start.hpp"

#include <algorithm>

#include "actors/runtime/clock_and_chance.hpp"
#include "libstream/plan/extra_output.hpp"
#include "libstream/plan/node.hpp"

namespace weir::actors {

namespace {

/// Sources that the program brings are inputs like the configured ones, and share their memory.
void add_receivers(settings& into, const plan::physical_plan& plan) {
  if (plan.receivers().empty())
    return;
  auto configured = std::max<std::uint64_t>(1, into.inputs.size());
  std::uint64_t held = into.inputs.size(); // what can be read again holds nothing
  for (auto& receiver : plan.receivers()) {
    into.inputs.push_back(
      input_url::of_stream(receiver.name, static_cast<std::uint32_t>(&receiver - plan.receivers().data()) + 1));
    held += receiver.source ? 1 : 0;
  }
  auto all = std::max(configured, held);
  into.max_receiver_bytes = std::max<std::uint64_t>(into.max_receiver_bytes * configured / all, 64 * limits::kib);
}

/// Adds the output for isolated records, if they have a place to go: a batch of an earlier start may have some, whatever the policy is now.
result<void> add_dead_letters(const runtime_options& options, application_services& application) {
  auto prefix = options.settings.dead_letters;
  if (prefix.empty() && !options.data_dir.empty())
    prefix = options.data_dir + "/dead-letters/batch";
  if (prefix.empty() && options.settings.on_error == error_policy::isolate)
    return fail(error_code::configuration, "isolate needs a place for the records that it leaves out", "on_error",
                "give --data-dir a directory, or set dead_letters to a text prefix");
  if (prefix.empty())
    return {};
  auto extended = plan::with_output(application.plan, "dead-letters", {{plan::output_target::kind::text, prefix, 0}});
  if (!extended)
    return tl::make_unexpected(extended.error());
  application.plan = std::move(*extended);
  application.dead_letters = application.plan->outputs().back().index;
  return {};
}

/// Reads static data that lies in files.
result<std::vector<log::static_table>> static_tables_of(const plan::physical_plan& plan) {
  try {
    std::vector<log::static_table> tables;
    for (auto& [name, digest] : plan.static_data())
      tables.push_back({name, digest});
    return tables;
  } catch (const plan::plan_error& unreadable) {
    return tl::make_unexpected(unreadable.why());
  }
}

} // namespace

result<std::optional<log::examined_directory>> examine_directory(const runtime_options& options,
                                                                 log::application_record& record) {
  auto partitions = options.partitions > 0 ? options.partitions : 2 * options.settings.executors;
  if (options.data_dir.empty()) {
    record.application = options.application;
    record.hash_seed = make_random()();
    record.partitions = partitions;
    record.interval_us = static_cast<std::uint64_t>(options.settings.batch_interval.count());
    record.directory_id = make_random()();
    return std::optional<log::examined_directory>{};
  }
  log::directory_options wanted;
  wanted.partitions = partitions;
  wanted.interval_us = static_cast<std::uint64_t>(options.settings.batch_interval.count());
  if (options.repartition > 0)
    wanted.repartition = options.repartition;
  wanted.create_parents = options.default_data_dir;
  wanted.max_log_bytes = options.settings.log_limit;
  auto examined = log::examined_directory::examine(options.data_dir, options.application, wanted);
  if (!examined)
    return tl::make_unexpected(examined.error());
  if (options.after_restore && examined->is_new())
    return fail(error_code::configuration, "--after-restore goes on with a data directory, and there is none",
                options.data_dir, "check --data-dir, and copy the backup there first; or leave --after-restore out");
  record = examined->application();
  return std::optional{std::move(*examined)};
}

result<void> settle_application(const runtime_options& options, std::shared_ptr<const plan::physical_plan> plan,
                                application_services& application) {
  auto& settings = application.settings = options.settings;
  add_receivers(settings, *plan);
  if (settings.batch_interval % settings.block_interval !=
      std::chrono::microseconds{0}) // a batch must end where a block does
    settings.block_interval = default_block_interval(settings.batch_interval);
  if (!options.data_dir.empty()) {
    auto tables = static_tables_of(*plan);
    if (!tables)
      return tl::make_unexpected(tables.error());
    application.static_tables = std::move(*tables);
  }
  application.plan = std::move(plan);
  return add_dead_letters(options, application);
}

bool has_live_source(const application_services& application, input_id input) {
  auto& url = application.settings.inputs[input.value];
  return url.what() == input_url::kind::stream && application.plan->receivers()[url.source() - 1].source != nullptr;
}

} // namespace weir::actors
