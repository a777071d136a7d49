#include "actors/runtime/tree.hpp"

#include "actors/batch_coordinator/batch_coordinator.hpp"
#include "actors/block_store/block_store.hpp"
#include "actors/checkpoint_writer/checkpoint_writer.hpp"
#include "actors/partition_executor/partition_executor.hpp"
#include "actors/receiver/file_receiver.hpp"
#include "actors/receiver/receiver.hpp"
#include "actors/sinks/sink.hpp"

namespace weir::actors {

void register_messages(caf::actor_system_config& config) {
  config.add_message_types<caf::id_block::weir_checkpoint_writer>();
  config.add_message_types<caf::id_block::weir_receiver>();
  config.add_message_types<caf::id_block::weir_block_store>();
  config.add_message_types<caf::id_block::weir_partition_executor>();
  config.add_message_types<caf::id_block::weir_sink>();
  config.add_message_types<caf::id_block::weir_batch_coordinator>();
  config.add_message_types<caf::id_block::weir_node>();
  config.add_message_types<caf::id_block::weir_supervisor>();
  config.add_message_types<caf::id_block::weir_rates>();
}

std::vector<address> addresses(const services& services) {
  std::vector<address> found{{role::checkpoint_writer, 0}, {role::block_store, 0}};
  for (std::uint32_t i = 0; i < services.settings.executors; ++i)
    found.push_back({role::partition_executor, i});
  for (auto& output : services.plan->outputs())
    found.push_back({role::sink, output.index.value});
  found.push_back({role::batch_coordinator, 0});
  for (std::uint32_t i = 0; i < services.settings.inputs.size(); ++i)
    found.push_back({role::receiver, i});
  return found;
}

namespace {

caf::strong_actor_ptr start(caf::actor_system& system, const services_ptr& services, const address& who) {
  auto erase = [](auto handle) { return caf::actor_cast<caf::strong_actor_ptr>(std::move(handle)); };
  switch (who.what) {
    case role::checkpoint_writer: return erase(spawn_checkpoint_writer(system, services));
    case role::block_store: return erase(spawn_block_store(system, services));
    case role::partition_executor: return erase(spawn_partition_executor(system, services, who.index));
    case role::sink: return erase(spawn_sink(system, services, output_index{who.index}));
    case role::batch_coordinator: return erase(spawn_batch_coordinator(system, services));
    case role::receiver:
      if (services->settings.inputs[who.index].what() == input_url::kind::file)
        return erase(spawn_file_receiver(system, services, input_id{who.index}));
      return erase(spawn_receiver(system, services, input_id{who.index}));
    case role::supervisor: break;
  }
  return nullptr;
}

} // namespace

supervisor_actor spawn_tree(caf::actor_system& system, services_ptr services, restart_policy::limits limits) {
  std::vector<child_specification> children;
  for (auto& who : addresses(*services))
    children.push_back({who, [&system, services, who] { return start(system, services, who); }});
  return spawn_supervisor(system, services, std::move(children), limits);
}

} // namespace weir::actors
