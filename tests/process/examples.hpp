#pragma once

#include <string>
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

} // namespace weir::process
