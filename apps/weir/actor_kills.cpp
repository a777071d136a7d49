#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>

#include "actors/monitor/control_client.hpp"
#include "actors/monitor/control_socket.hpp"
#include "apps/weir/experiment.hpp"

// The part of an experiment that kills actors of one process that lives on, instead of the process.

namespace weir::tool {

namespace {

using namespace std::chrono_literals;
using actors::phase;
using nlohmann::json;

constexpr auto start_limit = 20s;
constexpr auto restart_limit = 20s;
constexpr std::uint32_t supervisor_percent = 10;
constexpr std::uint32_t longest_pause_us = 60'000; ///< from a recovery to the next kill
constexpr std::uint32_t kills_in_vain_allowed = 20;
constexpr auto longest_wait_for_phase = 250ms;

/// "partition-executor-3" -> "partition-executor"; supervisors are all one role.
std::string role_of(const json& node) {
  if (node.value("kind", std::string{}) == "supervisor")
    return "supervisor";
  auto name = node.value("name", std::string{});
  return name.substr(0, name.find_last_of('-'));
}

void collect(const json& node, std::map<std::string, std::vector<std::string>>& by_role) {
  by_role[role_of(node)].push_back(node.value("name", std::string{}));
  if (node.contains("children"))
    for (auto& child : node["children"])
      collect(child, by_role);
}

const json* find(const json& node, const std::string& name) {
  if (node.value("name", std::string{}) == name)
    return &node;
  if (node.contains("children"))
    for (auto& child : node["children"])
      if (auto deeper = find(child, name))
        return deeper;
  return nullptr;
}

/// Waits until a batch is in this phase, which most are in for less than a millisecond; if none gets there, the one in which some is.
std::optional<phase> await_phase(const shared_page& page, phase wanted) {
  for (auto limit = clock::now() + longest_wait_for_phase; !page.is_open(wanted) && clock::now() < limit;)
    std::this_thread::sleep_for(50us);
  std::optional<phase> where;
  for (int i = 0; i < actors::phase_count; ++i)
    if (page.is_open(static_cast<phase>(i)) && where != wanted)
      where = static_cast<phase>(i);
  return where;
}

} // namespace

result<void> experiment::perform_on_actors() {
  last_run_ = true;
  if (auto started = start({}); !started)
    return started;
  if (auto done = until_alive([this] { return commits_in_run_ > 0; }, start_limit, "the first commit"); !done)
    return done;
  for (std::uint32_t tries = 0; outcome_.injected < settings_.actor_kills; ++tries) {
    if (tries >= settings_.actor_kills * kills_in_vain_allowed)
      return problem("only " + std::to_string(outcome_.injected) + " actors could be killed");
    auto when = clock::now() + std::chrono::microseconds{random_() % longest_pause_us};
    if (auto done = until_alive([&] { return clock::now() >= when; }, start_limit, "the time of the kill"); !done)
      return done;
    if (auto done = kill_an_actor(); !done)
      return done;
  }
  feed_->finish();
  if (auto done = await_drained(); !done)
    return done;
  return verify();
}

/// Every role is as likely, but supervisors, with whom many actors go, come now and then.
std::string experiment::next_victim(const std::string& tree) {
  std::map<std::string, std::vector<std::string>> by_role;
  collect(json::parse(tree), by_role);
  auto supervisors = by_role.extract("supervisor");
  if (by_role.empty() || (!supervisors.empty() && random_() % 100 < supervisor_percent))
    return supervisors.mapped()[random_() % supervisors.mapped().size()];
  auto role = std::next(by_role.begin(), static_cast<std::ptrdiff_t>(random_() % by_role.size()));
  return role->second[random_() % role->second.size()];
}

result<void> experiment::kill_an_actor() {
  static constexpr const char* ways[] = {"kill", "kill", "kill", "exit", "throw"};
  auto tree = ask("tree");
  if (!tree)
    return tl::make_unexpected(tree.error());
  auto name = next_victim(*tree);
  auto whole = json::parse(*tree);
  auto& node = *find(whole, name);
  auto role = role_of(node);
  auto before = node.value("restarts", std::uint64_t{0});
  // A supervisor runs no code that might throw.
  std::string how = ways[random_() % (role == "supervisor" ? std::size(ways) - 1 : std::size(ways))];
  auto where = await_phase(page_, static_cast<phase>(random_() % actors::phase_count));
  // Too long rather than too short: from before the order to the first commit that is told after it.
  auto killed_at = clock::now();
  auto answer = ask("kill " + name + " " + how);
  if (!answer)
    return tl::make_unexpected(answer.error());
  if (json::parse(*answer).contains("error"))
    return {}; // it is being restarted just now
  application_->listen();
  auto commits = commits_in_run_;
  ++outcome_.injected;
  ++outcome_.by_actor[role];
  if (where) {
    ++outcome_.effective;
    ++outcome_.by_phase[static_cast<std::size_t>(*where)];
  }
  if (auto done =
        until_alive([&] { return commits_in_run_ > commits; }, start_limit, "a commit after " + name + " was killed");
      !done)
    return done;
  outcome_.recovery_ms.push_back(std::chrono::duration<double, std::milli>(last_commit_at_ - killed_at).count());
  error broken;
  auto restarted = [&] {
    auto now = ask("tree");
    if (!now) {
      broken = now.error();
      return true;
    }
    auto present = json::parse(*now);
    auto child_now = find(present, name);
    if (!child_now || child_now->value("restarts", std::uint64_t{0}) <= before)
      return false;
    outcome_.restart_ms.push_back(static_cast<double>(child_now->value("restart_us", std::uint64_t{0})) / 1'000);
    return true;
  };
  if (auto done = until_alive(restarted, restart_limit, name + " to be restarted"); !done)
    return done;
  show_progress();
  return broken.what.empty() ? result<void>{} : problem(broken.message());
}

result<std::string> experiment::ask(const std::string& request) {
  auto answer = actors::ask_control_socket(actors::control_socket_path(settings_.directory + "/data"), request);
  if (!answer)
    return problem(answer.error().message());
  if (!json::accept(*answer))
    return problem("its control socket answers no JSON: " + *answer);
  return answer;
}

} // namespace weir::tool
