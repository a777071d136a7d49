#pragma once

#if __cplusplus <= 201703L
#error "Weir needs C++20: compile with -std=c++20, or in CMake target_compile_features(... cxx_std_20)"
#else

#include "actors/supervisor/supervised_tree.hpp"

/// Supervisors for actors of a program's own; see docs/supervision.md. The actor system's configuration takes
/// `caf::id_block::weir_supervisor`, or is prepared by `weir::configure`.
namespace weir {

using actors::as_child;
using actors::child_specification;
using actors::describe;
using actors::restart_kind;
using actors::restart_policy;
using actors::restart_strategy;
using actors::supervised_tree;
using actors::supervision_failure;
using actors::supervision_hooks;
using actors::supervisor_specification;
using actors::tree_row;

} // namespace weir

#endif
