#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "libstream/base/error.hpp"

namespace weir::tool {

/// All verbs of the tool, in the order of its help.
std::vector<std::string> verb_names();

/// Prints "weir VERB: sentence" on stderr and returns the error's exit code.
int complain(const std::string& verb, const error& reason);

/// Reads a verb's command line. The exit code if that is all there is to do: help was asked for (0), or something is wrong, which is said: the
/// first flag that does not exist and the nearest that does (64), or a value that means nothing (78).
std::optional<int> answer_early(const std::string& verb, CLI::App& app, int argc, char** argv);

} // namespace weir::tool
