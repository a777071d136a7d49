#pragma once

#include <utility>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

namespace weir::testing {

/// A property that must hold. RapidCheck's own `check` only prints that it does not, and the test case would pass.
template <class... Arguments>
void check_property(Arguments&&... arguments) {
  CHECK(rc::check(std::forward<Arguments>(arguments)...));
}

} // namespace weir::testing
