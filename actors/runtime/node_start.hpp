#pragma once

#include "actors/application/application_services.hpp"
#include "actors/node/node_services.hpp"
#include "actors/runtime/runtime_options.hpp"

namespace weir::actors {

/// Takes the ports of the inputs, whose URLs name the real ports then.
result<void> open_ports(const runtime_options& options, settings& of, node_services& node);

/// Gives a node the machine around it: clock, chance, threads, memory, files and feeds. `application` and `node` outlive its actors.
void furnish_node(const runtime_options& options, const application_services& application, node_services& node);

} // namespace weir::actors
