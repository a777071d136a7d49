#include "actors/runtime/tree_verbs.hpp"

#include <stdexcept>

#include "actors/monitor/chaos_page.hpp"
#include "actors/node/directory.hpp"
#include "libstream/base/json_text.hpp"

namespace weir::actors {

namespace {

bool carry_out(supervised_tree& tree, const std::string& name, std::string_view how) {
  if (how == "kill")
    return tree.send_exit(name, caf::exit_reason::kill);
  if (how == "exit")
    return tree.send_exit(name, caf::exit_reason::user_shutdown);
  if (how == "throw")
    return tree.send(name, caf::make_message(throw_on_purpose{}), true);
  if (how == "stray")
    return tree.send(name, caf::make_message(std::uint64_t{42}, std::string{"nobody knows this"}), false);
  throw std::invalid_argument{"kill how? one of kill, exit, throw, stray"};
}

std::string kill_one(supervised_tree& tree, std::string_view arguments) {
  // Whoever may open the socket may also send SIGKILL; but nobody should end parts of an application by a typing error.
  if (!chaos_page_is_attached())
    throw std::runtime_error{"actors are killed only in an experiment: see weir chaos"};
  auto space = arguments.find(' ');
  std::string name{arguments.substr(0, space)};
  auto how = space == std::string_view::npos ? std::string_view{"kill"} : arguments.substr(space + 1);
  if (!carry_out(tree, name, how))
    throw std::runtime_error{"no such actor lives: \"" + name + "\""};
  return "{\"told\":" + json_text(name) + "}";
}

} // namespace

control_verbs tree_verbs(std::shared_ptr<supervised_tree> tree, std::map<std::string, std::string> about) {
  return {{"tree", [tree, about = std::move(about)](std::string_view) { return tree->as_json(about); }},
          {"kill", [tree](std::string_view arguments) { return kill_one(*tree, arguments); }}};
}

} // namespace weir::actors
