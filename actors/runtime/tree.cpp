#include "actors/runtime/tree.hpp"

#include <algorithm>
#include <map>

#include "actors/batch_coordinator/batch_coordinator.hpp"
#include "actors/block_store/block_store.hpp"
#include "actors/checkpoint_writer/checkpoint_writer.hpp"
#include "actors/node/log_was_read.hpp"
#include "actors/node/replayable_inputs.hpp"
#include "actors/partition_executor/partition_executor.hpp"
#include "actors/receiver/receiver.hpp"
#include "actors/receiver/replay_receiver.hpp"
#include "actors/runtime/stream_error.hpp"
#include "actors/runtime/stream_messages.hpp"
#include "actors/sinks/sink.hpp"

namespace weir::actors {

namespace {

constexpr const char* prepared_key = "weir.prepared";

} // namespace

void register_messages(caf::actor_system_config& config) {
  config.add_message_types<caf::id_block::weir_checkpoint_writer>();
  config.add_message_types<caf::id_block::weir_receiver>();
  config.add_message_types<caf::id_block::weir_block_store>();
  config.add_message_types<caf::id_block::weir_partition_executor>();
  config.add_message_types<caf::id_block::weir_sink>();
  config.add_message_types<caf::id_block::weir_batch_coordinator>();
  config.add_message_types<caf::id_block::weir_node>();
  config.add_message_types<caf::id_block::weir_log_reader>();
  config.add_message_types<caf::id_block::weir_supervisor>();
  config.add_message_types<caf::id_block::weir_rates>();
  config.add_message_types<caf::id_block::weir_feed_receiver>();
  config.add_message_types<caf::id_block::weir_streams>();
  register_stream_errors(config);
  caf::put(config.content, prepared_key, true);
}

bool is_prepared(const caf::actor_system_config& config) { return caf::get_or(config, prepared_key, false); }

namespace {

/// Places in `supervisor_names`.
enum supervisor_index : std::uint32_t { root, storage, executors, outputs, inputs };

struct group {
  supervisor_index supervisor;
  std::vector<address> children;
};

/// Of inputs that are read.
std::vector<address> receivers(const application_services& application) {
  std::vector<address> all;
  auto& inputs = application.settings.inputs;
  for (std::uint32_t i = 0; i < inputs.size(); ++i)
    if (inputs[i].what() != input_url::kind::given_up)
      all.push_back({role::receiver, i});
  return all;
}

std::vector<group> groups(const application_services& application) {
  auto several = [](role what, std::size_t count) {
    std::vector<address> all;
    for (std::uint32_t i = 0; i < count; ++i)
      all.push_back({what, i});
    return all;
  };
  return {{storage, {{role::checkpoint_writer, 0}, {role::block_store, 0}}},
          {executors, several(role::partition_executor, application.settings.executors)},
          {outputs, several(role::sink, application.plan->outputs().size())},
          {root, {{role::batch_coordinator, 0}}},
          {inputs, receivers(application)}};
}

caf::strong_actor_ptr start(caf::actor_system& system, const process_services& services, const address& who) {
  auto& [application, node, coordinator, writer] = services;
  auto erase = [](auto handle) { return caf::actor_cast<caf::strong_actor_ptr>(std::move(handle)); };
  switch (who.what) {
    case role::checkpoint_writer: return erase(spawn_checkpoint_writer(system, application, node, writer));
    case role::block_store: return erase(spawn_block_store(system, application, node));
    case role::partition_executor: return erase(spawn_partition_executor(system, application, node, who.index));
    case role::sink: return erase(spawn_sink(system, application, node, output_index{who.index}));
    case role::batch_coordinator: return erase(spawn_batch_coordinator(system, application, node, coordinator));
    case role::receiver:
      if (is_replayable(*node, input_id{who.index}))
        return erase(spawn_replay_receiver(system, application, node, input_id{who.index}));
      return erase(spawn_receiver(system, application, node, input_id{who.index}));
    case role::supervisor: break;
  }
  return nullptr;
}

/// Tells the newcomers of themselves first: that is what wakes them. Then everybody else of each.
void announce(const directory& known, const std::vector<address>& newcomers) {
  auto is_new = [&](const address& who) {
    return std::find(newcomers.begin(), newcomers.end(), who) != newcomers.end();
  };
  auto tell = [](const caf::strong_actor_ptr& whom, const address& of) {
    caf::anon_send(caf::actor_cast<caf::actor>(whom), peer_restarted{of});
  };
  auto all = known.all();
  for (auto& [who, handle] : all)
    if (is_new(who))
      tell(handle, who);
  for (auto& newcomer : newcomers)
    for (auto& [who, handle] : all)
      if (who.what != role::supervisor && !is_new(who))
        tell(handle, newcomer);
}

supervision_hooks hooks_of(const application_ptr& application, const node_ptr& node) {
  auto by_name = std::make_shared<std::map<std::string, address>>();
  for (auto& who : addresses(*application))
    by_name->emplace(to_string(who), who);
  supervision_hooks hooks;
  hooks.enter = [node, by_name](const std::string& name, const caf::strong_actor_ptr& handle) {
    node->directory.enter(by_name->at(name), handle);
  };
  hooks.leave = [node, by_name](const std::string& name) { node->directory.leave(by_name->at(name)); };
  hooks.announce = [node, by_name](const std::vector<std::string>& names) {
    std::vector<address> newcomers;
    for (auto& name : names)
      newcomers.push_back(by_name->at(name));
    announce(node->directory, newcomers);
  };
  hooks.random = node->random;
  hooks.ended = [node, by_name](const std::string& name, const std::string& reason) {
    node->journal->actor_restarted(by_name->at(name), reason);
  };
  hooks.warning = [node](const std::string& sentence) { node->journal->warning(sentence); };
  hooks.failed = [application](const supervision_failure& why) {
    application->fail({error_code::failed, describe(why), why.child,
                       "it cannot be kept alive, so the application stops; what was acknowledged is in the log"});
  };
  return hooks;
}

} // namespace

std::vector<address> addresses(const application_services& application) {
  std::vector<address> found;
  for (std::uint32_t i = 0; i < std::size(supervisor_names); ++i)
    found.push_back({role::supervisor, i});
  for (auto& each : groups(application))
    found.insert(found.end(), each.children.begin(), each.children.end());
  return found;
}

restart_policy::limits restart_limits(const settings& of) {
  restart_policy::limits limits;
  limits.restarts = of.supervisor_max_restarts;
  limits.window = of.supervisor_window;
  limits.escalation_window = 6 * of.supervisor_window;
  return limits;
}

std::shared_ptr<supervised_tree> spawn_tree(caf::actor_system& system, const process_services& services,
                                            const restart_policy::limits& limits) {
  auto as_actor = [&](const address& who) {
    child_specification made;
    made.name = to_string(who);
    made.start = [&system, services, who] { return start(system, services, who); };
    return made;
  };
  auto supervisor_of = [&](supervisor_index index) {
    supervisor_specification made;
    made.name = supervisor_names[index];
    made.limits = limits;
    return made;
  };
  auto whole = supervisor_of(root);
  for (auto& each : groups(*services.application)) {
    if (each.supervisor == root) {
      whole.children.push_back(as_actor(each.children.front()));
      continue;
    }
    auto nested = supervisor_of(each.supervisor);
    for (auto& who : each.children)
      nested.children.push_back(as_actor(who));
    whole.children.push_back(as_child(std::move(nested)));
  }
  return supervised_tree::start(system, std::move(whole), hooks_of(services.application, services.node));
}

} // namespace weir::actors
