#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "actors/monitor/stderr_journal.hpp"
#include "actors/runtime/actor_runtime.hpp"
#include "libstream/api/outputs.hpp"

namespace weir::actors {

/// What an application was started with.
struct command_line {
  runtime_options options;
  output_targets outputs;
  std::optional<std::chrono::milliseconds> stop_after;
  log_level level = log_level::warning;
  log_format format = log_format::text;
  std::optional<std::string> answer; ///< --help, --version: print this and end
};

/// Reads the flags that every application has. Error 64 for an unknown flag, which names the nearest one; 78 for a wrong value.
result<command_line> parse_command_line(const std::string& application, int argc, const char* const* argv);

} // namespace weir::actors
