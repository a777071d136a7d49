#include "apps/weir/tree_command.hpp"

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "actors/monitor/control_client.hpp"
#include "apps/weir/usage.hpp"
#include "libstream/base/text.hpp"

namespace {

using namespace weir;
using namespace weir::tool;
using nlohmann::json;

std::string duration_of(std::uint64_t ms) {
  char text[32];
  if (ms < 1'000)
    std::snprintf(text, sizeof text, "%llu ms", static_cast<unsigned long long>(ms));
  else if (ms < 120'000)
    std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(ms) / 1'000);
  else if (ms < 7'200'000)
    std::snprintf(text, sizeof text, "%llu min", static_cast<unsigned long long>(ms / 60'000));
  else
    std::snprintf(text, sizeof text, "%llu h", static_cast<unsigned long long>(ms / 3'600'000));
  return text;
}

/// Who answers may be anybody: what is missing or of another type is empty, and commands for the terminal are only shown.
std::string text(const json& node, const char* key) {
  auto field = node.is_object() ? node.find(key) : node.end();
  return field != node.end() && field->is_string() ? printable(field->get<std::string>()) : std::string{};
}

std::uint64_t number(const json& node, const char* key) {
  auto field = node.is_object() ? node.find(key) : node.end();
  return field != node.end() && field->is_number() ? field->get<std::uint64_t>() : 0;
}

std::string name_of(const json& node) {
  auto about = text(node, "about");
  return text(node, "name") + (about.empty() ? "" : " (" + about + ")");
}

std::size_t widest_name(const json& node, std::size_t depth) {
  auto width = 2 * depth + name_of(node).size();
  if (node.contains("children"))
    for (auto& child : node["children"])
      width = std::max(width, widest_name(child, depth + 1));
  return width;
}

void print_row(const json& node, std::size_t depth, std::size_t width) {
  auto reason = text(node, "last_reason");
  auto name = std::string(2 * depth, ' ') + name_of(node);
  std::printf("%-*s  %-9s %8llu  %8s%s%s\n", static_cast<int>(width), name.c_str(), text(node, "state").c_str(),
              static_cast<unsigned long long>(number(node, "restarts")), duration_of(number(node, "uptime_ms")).c_str(),
              reason.empty() ? "" : "  ", reason.c_str());
  if (node.contains("children"))
    for (auto& child : node["children"])
      print_row(child, depth + 1, width);
}

int show(const std::string& target, bool as_json) {
  auto path = actors::find_control_socket(target);
  if (!path)
    return complain("tree", path.error());
  auto answer = actors::ask_control_socket(*path, "tree");
  if (!answer)
    return complain("tree", answer.error());
  auto tree = json::parse(*answer, nullptr, false);
  if (!tree.is_object() || tree.contains("error"))
    return complain("tree", {error_code::failed, "the application answers: " + *answer, *path, {}});
  if (as_json) {
    std::cout << tree.dump(2, ' ', true, json::error_handler_t::replace)
              << '\n'; // ASCII alone: no command for a terminal
    return 0;
  }
  auto width = std::max<std::size_t>(widest_name(tree, 0), 4);
  std::printf("%-*s  %-9s %8s  %8s  %s\n", static_cast<int>(width), "NAME", "STATE", "RESTARTS", "UPTIME", "LAST END");
  print_row(tree, 0, width);
  return 0;
}

} // namespace

int tree_command(int argc, char** argv) {
  CLI::App app{"Shows the supervisor tree of a running application: every actor with its state, how often it was "
               "restarted, how long it has "
               "been up,\nand why it ended last.",
               "weir tree"};
  std::string target;
  bool as_json = false;
  app.add_option("TARGET", target, "the application's data directory, or its control socket")->required();
  app.add_flag("--json", as_json, "print nested JSON objects");
  if (auto code = answer_early("tree", app, argc, argv))
    return *code;
  return show(target, as_json);
}
