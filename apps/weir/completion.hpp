#pragma once

#include <string>
#include <vector>

namespace weir::tool {

/// The script for bash, made from the table of settings and from the verbs. It completes `weir` and these applications, all of which have the
/// same flags. Flags of a verb are those that its own `--help` names.
std::string bash_completion(const std::vector<std::string>& verbs, const std::vector<std::string>& applications);
/// The same for zsh.
std::string zsh_completion(const std::vector<std::string>& verbs, const std::vector<std::string>& applications);

} // namespace weir::tool
