#pragma once

#include <string>

#include "libstream/base/error.hpp"

namespace weir::actors {

class setting_values;

/// Sets what a TOML file says. Error 78: there is no such file (it names who gave the path, `given_by`), it is no TOML, a key is unknown, a
/// value is wrong; it names file and line.
result<void> set_from_file(const std::string& path, setting_values& values, const std::string& given_by = "--config");
/// The same for a document that is at hand; `name` stands for it in errors and origins.
result<void> set_from_toml(const std::string& document, const std::string& name, setting_values& values);

} // namespace weir::actors
