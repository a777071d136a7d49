#pragma once

#include <memory>

#include "actors/monitor/control_socket.hpp"
#include "actors/runtime/runtime_options.hpp"

namespace weir::actors {

/// An explicit place for the control socket is taken before anything is written, unless it lies in a data directory that is still to be made.
/// Null: not yet.
result<std::unique_ptr<control_socket>> reserve_control_socket(const runtime_options& options);

/// Before strangers may take the last descriptors. An explicit place that cannot be had is an error; without the usual one the application does
/// its work all the same.
/// `socket`: what was reserved.
result<void> take_control_socket(const runtime_options& options, std::unique_ptr<control_socket>& socket);

} // namespace weir::actors
