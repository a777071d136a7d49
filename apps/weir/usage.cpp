#include "apps/weir/usage.hpp"

#include <iostream>
#include <vector>

#include "libstream/base/text.hpp"

namespace weir::tool {

namespace {

std::vector<std::string> flags_of(const CLI::App& app) {
  std::vector<std::string> flags;
  for (auto option : app.get_options())
    for (auto& name : option->get_lnames())
      flags.push_back("--" + name);
  return flags;
}

/// What CLI11 did not take: the first that looks like a flag, else the first.
std::string stray_argument(const CLI::App& app) {
  auto strays = app.remaining();
  for (auto& each : strays)
    if (each.size() > 1 && each.front() == '-')
      return each;
  return strays.empty() ? "" : strays.front();
}

error what_is_wrong(const std::string& verb, const CLI::App& app, const CLI::ParseError& problem) {
  auto help = "see weir " + verb + " --help";
  std::string said = problem.what();
  if (auto stray = stray_argument(app); !stray.empty()) {
    auto flag = stray.front() == '-' ? stray.substr(0, stray.find('=')) : "--" + stray;
    auto nearest = nearest_name(flag, flags_of(app));
    auto hint = nearest.empty() ? help : "did you mean " + nearest + "?";
    return stray.front() == '-' ? error{error_code::usage, "unknown flag", flag, hint}
                                : error{error_code::usage, "unknown argument \"" + stray + "\"", {}, hint};
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&problem))
    return {error_code::usage, "it needs a value", said.substr(0, said.find(':')), help};
  if (dynamic_cast<const CLI::ValidationError*>(&problem) || dynamic_cast<const CLI::ConversionError*>(&problem))
    return {error_code::configuration, said, {}, help};
  return {error_code::usage, said, {}, help};
}

} // namespace

int complain(const std::string& verb, const error& reason) {
  std::cerr << "weir " << verb << ": " << printable(reason.message()) << '\n'; // peers and files speak in it, too
  return reason.exit_code();
}

std::optional<int> answer_early(const std::string& verb, CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::CallForHelp&) {
    std::cout << app.help();
    return 0;
  } catch (const CLI::ParseError& problem) {
    return complain(verb, what_is_wrong(verb, app, problem));
  }
}

} // namespace weir::tool
