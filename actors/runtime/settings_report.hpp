#pragma once

#include <string>

#include "actors/runtime/setting_values.hpp"

namespace weir::actors {

/// What `APP config` prints: every setting with the value that holds and where it comes from. `all` has `values` applied.
std::string settings_as_text(const configuration& whole, const setting_values& values);
/// The same as one JSON document: `{"application":"","settings":[{"key":"","value":...,"origin":"","place":""}]}`. Texts, sizes and
/// durations are as a settings file has them.
std::string settings_as_json(const configuration& whole, const setting_values& values);

} // namespace weir::actors
