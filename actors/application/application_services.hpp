#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "actors/application/settings.hpp"
#include "actors/node/role.hpp"
#include "libstream/log/records.hpp"
#include "libstream/plan/task.hpp"

namespace weir::actors {

/// What an actor knows of the application: the same for every actor on every node, and settled before the first of them starts. Nothing in it
/// changes while they live, so it may be read from any thread.
struct application_services {
  actors::settings settings;
  log::application_record record; ///< how the data directory knows the application
  std::shared_ptr<const plan::physical_plan> plan;
  std::vector<log::static_table> static_tables; ///< what batches are computed with beside their input
  /// The output of `plan` that shows isolated records; nothing: they are not kept.
  std::optional<output_index> dead_letters;

  /// The coordinator, of which an application has one.
  address coordinator() const { return {role::batch_coordinator, 0, node_id{0}}; }

  /// Reports the first error that ends the application. Later ones are ignored.
  std::function<void(const error&)> fail;
  /// A promise is broken that cannot be kept any more: the application goes on, and ends with the first such error.
  std::function<void(const error&)> spoil;
};

using application_ptr = std::shared_ptr<const application_services>;

} // namespace weir::actors
