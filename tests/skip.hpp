#pragma once

#include <string>

namespace weir::testing {

/// Says that the running test case cannot be tried on this machine, and why: `skip("..."); return;`. The reason is printed, and ctest shows the test
/// as skipped, not as passed. Call it from the thread of the test, before anything is checked.
void skip(const std::string& reason);

} // namespace weir::testing
