#include "actors/runtime/process_start.hpp"

#include <algorithm>

#include "actors/batch_coordinator/recovered_batches.hpp"
#include "actors/runtime/application_start.hpp"
#include "actors/runtime/control_place.hpp"
#include "actors/runtime/input_places.hpp"
#include "actors/runtime/node_start.hpp"
#include "actors/runtime/start_checks.hpp"
#include "actors/runtime/text_output_start.hpp"
#include "actors/sinks/posix_file_system.hpp"
#include "libstream/data/memory_block.hpp"
#include "libstream/log/memory_store.hpp"
#include "libstream/log/positions.hpp"
#include "libstream/log/recovery.hpp"

namespace weir::actors {

namespace {

class process_start {
public:
  process_start(const runtime_options& options, const std::shared_ptr<const plan::physical_plan>& plan,
                running_process& process)
    : options_{options},
      plan_{plan},
      process_{process},
      application_{*process.services.application},
      node_{*process.services.node},
      outputs_{options, application_, *plan, *node_.files, process.locks} {}

  /// Only reads: what the options, the program and the log say, and whether they go together.
  result<void> settle() {
    if (auto checked = check_start(options_, *plan_, *node_.files); !checked)
      return checked;
    auto examined = examine_directory(options_, application_.record);
    if (!examined)
      return tl::make_unexpected(examined.error());
    directory_ = std::move(*examined);
    if (auto settled = settle_application(options_, plan_, application_); !settled)
      return settled;
    if (auto placed = settle_inputs(); !placed)
      return placed;
    auto unfinished = log::recover(content());
    if (!unfinished)
      return tl::make_unexpected(unfinished.error());
    return check_unfinished(application_, *unfinished);
  }

  /// Ports, outputs and the control socket, which nobody else may have. They are let go of if the start is refused after all.
  result<void> take_places() {
    if (auto opened = open_ports(options_, application_.settings, node_); !opened)
      return opened;
    if (auto examined = outputs_.examine_marked(content()); !examined)
      return examined;
    auto control = reserve_control_socket(options_);
    if (!control)
      return tl::make_unexpected(control.error());
    process_.control = std::move(*control);
    return outputs_.lock_all(content());
  }

  /// All is accepted: from here on things are written.
  result<void> write() {
    log::transaction first;
    put_inputs(first, places_);
    if (outputs_.beyond())
      log::put_last_batch(first, *outputs_.beyond());
    if (auto opened = open_log(std::move(first)); !opened)
      return opened;
    auto last = process_.services.coordinator->log.read_last_batch();
    if (!last)
      return tl::make_unexpected(last.error());
    if (auto claimed = outputs_.claim(*last); !claimed)
      return claimed;
    if (auto taken = take_control_socket(options_, process_.control); !taken)
      return taken;
    for (auto& note : places_.notes)
      options_.journal->warning(note);
    return {};
  }

private:
  const log::store& content() const {
    if (directory_)
      return directory_->content();
    return nothing_;
  }

  result<void> settle_inputs() {
    auto known = log::read_inputs(content());
    if (!known)
      return tl::make_unexpected(known.error());
    auto places = place_inputs(application_.settings.inputs, *known, options_.forget_inputs);
    if (!places)
      return tl::make_unexpected(places.error());
    places_ = std::move(*places);
    application_.settings.inputs = places_.inputs;
    return {};
  }

  result<void> open_log(log::transaction first) {
    auto& services = process_.services;
    if (!directory_) {
      services.use_store(std::make_shared<log::memory_store>());
      return services.writer->store->commit(first);
    }
    auto opened = std::move(*directory_).accept(std::move(first));
    if (!opened)
      return tl::make_unexpected(opened.error());
    auto& directory = process_.directory.emplace(std::move(*opened));
    if (auto& why = directory.renewed_because(); why && options_.journal)
      options_.journal->warning("the log was copied to a new file, because the disk had failed: " + *why);
    services.use_store(directory.store());
    return {};
  }

  const runtime_options& options_;
  std::shared_ptr<const plan::physical_plan> plan_; ///< as the program has written it
  running_process& process_;
  application_services& application_;
  node_services& node_;
  std::optional<log::examined_directory> directory_;
  log::memory_store nothing_; ///< what a log says that is not there
  input_places places_;
  text_output_start outputs_;
};

} // namespace

result<void> start_process(const runtime_options& options, const std::shared_ptr<const plan::physical_plan>& plan,
                           running_process& process) {
  process.services.node->files = options.files ? options.files : make_posix_file_system();
  process_start start{options, plan, process};
  if (auto settled = start.settle(); !settled)
    return settled;
  if (auto taken = start.take_places(); !taken)
    return taken;
  return start.write();
}

} // namespace weir::actors
