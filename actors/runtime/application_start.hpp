#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "actors/application/application_services.hpp"
#include "actors/runtime/runtime_options.hpp"
#include "libstream/log/data_directory.hpp"

namespace weir::actors {

/// The data directory as it is; nothing without one. What the application is called, and how it is cut, goes to `record`.
result<std::optional<log::examined_directory>> examine_directory(const runtime_options& options,
                                                                 log::application_record& record);

/// What the options and the program say of an application whose record is known: its settings with all its inputs, its plan with the output for
/// isolated records, and its static tables. Reads static data that lies in files.
result<void> settle_application(const runtime_options& options, std::shared_ptr<const plan::physical_plan> plan,
                                application_services& application);

/// The program brings a receiver, which begins and ends on a thread of its own.
bool has_live_source(const application_services& application, input_id input);

} // namespace weir::actors
