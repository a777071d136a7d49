#pragma once

#include <map>
#include <string>

#include "libstream/base/error.hpp"

namespace weir::actors {

class setting_values;

/// Variables by name.
using environment_variables = std::map<std::string, std::string>;

/// Those of this process that begin with `WEIR_`.
environment_variables process_environment();

/// The variable that names the settings file if `--config` does not.
inline constexpr const char* config_variable = "WEIR_CONFIG";

/// Sets what `WEIR_...` variables say. Error 78: a variable is of no setting (it names the nearest), or its value means nothing.
/// Variables of our own tools are left alone.
result<void> set_from_environment(const environment_variables& variables, setting_values& values);

} // namespace weir::actors
