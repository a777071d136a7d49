#include "apps/weir/usage.hpp"

#include <iostream>
#include <vector>

#include "libstream/base/text.hpp"

namespace weir::tool {

int complain(const std::string& verb, const error& reason) {
  std::cerr << "weir " << verb << ": " << reason.message() << '\n';
  return reason.exit_code();
}

int wrong_usage(const std::string& verb, const CLI::App& app, const CLI::ParseError& problem) {
  auto help = "see weir " + verb + " --help";
  std::vector<std::string> flags;
  for (auto option : app.get_options())
    for (auto& name : option->get_lnames())
      flags.push_back("--" + name);
  for (const auto& extra : app.remaining()) {
    if (!extra.starts_with("-"))
      continue;
    auto flag = extra.substr(0, extra.find('='));
    auto nearest = nearest_name(flag, flags);
    return complain(
      verb, {error_code::usage, "unknown flag", flag, nearest.empty() ? help : "did you mean " + nearest + "?"});
  }
  return complain(verb, {error_code::usage, problem.what(), {}, help});
}

} // namespace weir::tool
