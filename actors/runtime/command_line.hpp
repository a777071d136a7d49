#pragma once

#include <optional>
#include <string>

#include "actors/runtime/configuration.hpp"
#include "actors/runtime/environment.hpp"

namespace weir::actors {

/// What an application was started with.
struct command_line : configuration {
  std::optional<std::string> answer; ///< to --help, --version, config: print this and end
};

/// Reads everything that decides about a run: the file of `--config`, the environment, `--set` and the flags, the later ones before the
/// earlier ones. Error 64 for an unknown flag, which names the nearest one; 78 for an unknown key, a wrong value, a missing file.
result<command_line> parse_command_line(const std::string& application, int argc, const char* const* argv,
                                        const environment_variables& variables = {});

} // namespace weir::actors
