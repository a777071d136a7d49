#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "libstream/base/error.hpp"

namespace weir::tool {

/// All verbs of the tool, in the order of its help.
std::vector<std::string> verb_names();

/// Prints "weir VERB: sentence" on stderr and returns the error's exit code.
int complain(const std::string& verb, const error& reason);

/// What is wrong with a command line: names the first flag that does not exist and the nearest that does. Returns 64, or 78 for a value that
/// means nothing.
int wrong_usage(const std::string& verb, const CLI::App& app, const CLI::ParseError& problem);

} // namespace weir::tool
