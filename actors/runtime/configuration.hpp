#pragma once

#include "actors/monitor/stderr_journal.hpp"
#include "actors/runtime/actor_runtime.hpp"
#include "libstream/api/outputs.hpp"

namespace weir::actors {

/// All that can be configured about a run, whoever said it.
struct configuration {
  runtime_options options;
  output_targets outputs;
  bool outputs_given = false; ///< somebody said `outputs`
  log_level level = log_level::notice;
  log_format format = log_format::text;
};

/// What holds for an application whose people say nothing: it still lacks an input.
configuration default_configuration(const std::string& application);

} // namespace weir::actors
