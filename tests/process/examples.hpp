#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/process/harness.hpp"

/// What tests of apps/examples share.
namespace weir::process {

/// The example's expected.txt.
std::string expected_of(const std::string& example);

/// `OUTPUT key sum` over all batches of all text outputs in a directory, sorted.
std::string sums_below(const std::string& directory);

/// The command that runs an example in a directory: examples write below their working directory.
std::vector<std::string> in(const std::string& directory, const std::string& example, const std::string& arguments);

/// Every program in bin/examples, and the arguments of a short run: it reads one payment from in/, and writes below its working directory,
/// the log into data/.
std::vector<std::pair<std::string, std::string>> short_runs();

} // namespace weir::process
