#include "actors/runtime/command_line.hpp"

#include <algorithm>
#include <deque>
#include <vector>

#include <CLI/CLI.hpp>

#include "actors/runtime/help_text.hpp"
#include "actors/runtime/setting_values.hpp"
#include "actors/runtime/settings_file.hpp"
#include "actors/runtime/settings_report.hpp"
#include "libstream/base/text.hpp"

namespace weir::actors {

namespace {

/// The flags as they were typed.
struct typed {
  struct setting {
    const setting_row* row;
    CLI::Option* option;
    std::vector<std::string> texts;
  };
  std::deque<setting> settings; ///< of the table; CLI11 keeps pointers into it
  std::string config;
  std::vector<std::string> assignments;
  bool json = false;
};

/// The verb that shows the settings instead of running with them.
constexpr const char* show_verb = "config";

void describe(CLI::App& app, typed& flags, bool show) {
  for (auto& row : setting_table()) {
    if (row.shown.empty())
      continue;
    auto& each = flags.settings.emplace_back(typed::setting{&row, nullptr, {}});
    each.option = app.add_option(row.flag(), each.texts)->allow_extra_args(false);
    if (!row.if_bare.empty())
      each.option->expected(0, 1);
    if (row.form != setting_form::list)
      each.option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  }
  app.add_option("--config", flags.config);
  app.add_option("--set", flags.assignments)->allow_extra_args(false);
  app.add_flag("--version");
  if (show)
    app.add_flag("--json", flags.json);
}

std::vector<std::string> names_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (auto option : app.get_options())
    for (auto& name : option->get_lnames())
      names.push_back("--" + name);
  return names;
}

/// What is wrong with an argument that CLI11 did not take.
error usage_error(const CLI::App& app, const CLI::ParseError& problem, const std::vector<std::string>& arguments) {
  auto known = names_of(app);
  for (auto& argument : arguments) {
    auto flag = argument.substr(0, argument.find('='));
    if (flag.size() < 2 || flag.front() != '-' || std::find(known.begin(), known.end(), flag) != known.end() ||
        flag == "-h")
      continue;
    auto nearest = nearest_name(flag, known);
    return {
      error_code::usage, "unknown flag " + flag, {}, nearest.empty() ? "see --help" : "did you mean " + nearest + "?"};
  }
  if (!arguments.empty() && std::find(known.begin(), known.end(), arguments.back()) != known.end())
    return {error_code::usage, "it needs a value", arguments.back(), "see --help"};
  for (auto& stray : app.remaining()) {
    auto nearest = nearest_name("--" + stray, known);
    if (const std::string verbs[] = {show_verb}; nearest == "--config")
      nearest = nearest_name(stray, verbs);
    auto hint = stray == show_verb ? "write it first: " + app.get_name() + " " + show_verb
                : !nearest.empty() ? "did you mean " + nearest + "?"
                                   : "see --help";
    return {error_code::usage, "unknown argument \"" + stray + "\"", {}, hint};
  }
  return {error_code::usage, problem.what(), {}, "see --help"};
}

result<void> set_from_flags(const typed& flags, setting_values& values) {
  for (auto& assignment : flags.assignments)
    if (auto done = values.set(assignment); !done)
      return done;
  for (auto& each : flags.settings) {
    if (each.option->count() == 0)
      continue;
    setting_origin origin{setting_origin::layer::flag, each.row->flag()};
    auto bare = each.texts.empty() || (each.texts.size() == 1 && each.texts.front().empty());
    auto done = each.row->form == setting_form::list ? values.set_list(each.row->key, each.texts, origin)
                : bare && !each.row->if_bare.empty() ? values.set(each.row->key, each.row->if_bare, origin)
                : bare                               ? values.set(each.row->key, "", origin)
                                                     : values.set(each.row->key, each.texts.back(), origin);
    if (!done)
      return done;
  }
  return {};
}

result<void> set_all(const typed& flags, const environment_variables& variables, setting_values& values) {
  auto file = flags.config;
  std::string given_by = "--config";
  if (auto named = variables.find(config_variable); file.empty() && named != variables.end()) {
    file = named->second;
    given_by = config_variable;
  }
  if (!file.empty())
    if (auto done = set_from_file(file, values, given_by); !done)
      return done;
  if (auto done = set_from_environment(variables, values); !done)
    return done;
  return set_from_flags(flags, values);
}

} // namespace

result<command_line> parse_command_line(const std::string& application, int argc, const char* const* argv,
                                        const environment_variables& variables) {
  std::vector<std::string> arguments{argv + std::min(argc, 1), argv + argc};
  auto show = !arguments.empty() && arguments.front() == show_verb;
  if (show)
    arguments.erase(arguments.begin());
  typed flags;
  CLI::App app{"", application};
  describe(app, flags, show);
  command_line line{default_configuration(application), {}};
  try {
    app.parse(std::vector<std::string>{arguments.rbegin(), arguments.rend()}); // CLI11 takes them from the back
  } catch (const CLI::CallForHelp&) {
    line.answer = show ? config_help(application) : application_help(application);
    return line;
  } catch (const CLI::ParseError& problem) {
    return tl::make_unexpected(usage_error(app, problem, arguments));
  }
  if (app.count("--version") > 0) {
    line.answer = application + " (Weir " + version_text + ")\n";
    return line;
  }
  setting_values values;
  if (auto done = set_all(flags, variables, values); !done)
    return tl::make_unexpected(done.error());
  if (auto done = values.apply(line); !done)
    return tl::make_unexpected(done.error());
  if (show) {
    line.answer = flags.json ? settings_as_json(line, values) : settings_as_text(line, values);
    return line;
  }
  return line;
}

} // namespace weir::actors
