#pragma once

#include <string>

namespace weir::actors {

inline constexpr const char* version_text = "0.1.0";

/// What `APP --help` prints: flags in groups with their defaults, examples, and where all settings are.
std::string application_help(const std::string& application);
/// What `APP config --help` prints.
std::string config_help(const std::string& application);

} // namespace weir::actors
