// On a record's way, steps 5, 10 and 11 of 11: input is sealed into a batch and computed at the same time, a computed batch is committed,
// a committed one published. From block_store, to partition_executor and sinks, through checkpoint_writer. `coordinator_core` decides
// all of it; this actor brings it messages and the time, and carries out what it says.
#include "actors/batch_coordinator/batch_coordinator.hpp"

#include "actors/batch_coordinator/coordinator_core.hpp"
#include "actors/batch_coordinator/rate_settings.hpp"
#include "actors/block_store/protocol.hpp"
#include "actors/monitor/chaos_page.hpp"
#include "actors/node/conduct.hpp"
#include "actors/node/log_reader.hpp"
#include "actors/node/replayable_inputs.hpp"
#include "actors/partition_executor/protocol.hpp"
#include "actors/receiver/protocol.hpp"
#include "actors/sinks/protocol.hpp"

namespace weir::actors {

namespace {

coordinator_facts::input facts_of(const application_services& application, const node_services& node, input_id input) {
  auto& url = application.settings.inputs[input.value];
  auto directory = directory_of(application, node, input);
  return {url.text(), url.source(), url.what() == input_url::kind::given_up, is_replayable(node, input),
          directory ? *directory : std::string{}};
}

coordinator_facts facts_of(const application_services& application, const node_ptr& node, bool draining) {
  auto& settings = application.settings;
  coordinator_facts facts;
  facts.incarnation = node->random();
  facts.node = node->id;
  for (std::uint32_t i = 0; i < settings.inputs.size(); ++i)
    facts.inputs.push_back(facts_of(application, *node, input_id{i}));
  facts.plan = application.plan;
  facts.partitions = application.record.partitions;
  facts.owners = placement::of_one_node(settings.executors);
  facts.tables = application.static_tables;
  facts.bounds = {settings.max_batch_bytes, settings.max_batches_in_flight, settings.max_unpublished_batches,
                  settings.max_unpublished_bytes, settings.max_unpublished_input_bytes};
  facts.batch_interval = settings.batch_interval;
  facts.retry_interval = settings.retry_interval;
  facts.stop_when_idle = settings.stop_when_idle;
  facts.rates = rates_of(settings);
  facts.draining = draining;
  facts.describe = [raw = node.get()](input_id input, const std::string& partition) {
    return raw->replayable[input.value]->describe(partition);
  };
  return facts;
}

result<input_queue::logged_positions> look_up(const log::readable_batch_log& log, const read_positions& wanted) {
  input_queue::logged_positions positions;
  for (auto& [input, name] : wanted.partitions) {
    auto position = log.read_partition(input, name);
    if (!position)
      return tl::make_unexpected(position.error());
    if (*position)
      positions.emplace(std::pair{input, name}, **position);
  }
  return positions;
}

struct coordinator_state {
  static inline const char* name = "batch_coordinator";

  batch_coordinator_actor::pointer self;
  application_ptr application;
  node_ptr node;
  coordination_ptr own;
  std::optional<coordinator_core> core;
  std::optional<log_reader> log;

  coordinator_state(batch_coordinator_actor::pointer ptr) : self{ptr} {}

  void start(application_ptr of, node_ptr on, coordination_ptr with) {
    application = std::move(of);
    node = std::move(on);
    own = std::move(with);
    log.emplace(self, *node->workers, application->fail);
    core.emplace(facts_of(*application, node, own->draining), node->journal, now());
    perform_all();
  }

  coordinator_core::moment now() const { return {self->clock().now(), node->wall_clock_us()}; }

  template <class Message>
  void take(const Message& message) {
    core->hear(message, now());
    perform_all();
  }

  // -- what the core wants done ----------------------------------------------------------------------------------------

  void perform_all() {
    for (auto& action : core->take_actions())
      std::visit([this](auto& each) { perform(each); }, action);
    report_phases();
  }

  void perform(send_to& action) {
    std::visit([&](auto& message) { node->directory.send(action.to, std::move(message)); }, action.message);
  }
  void perform(send_to_all& action) {
    std::visit([&](auto& message) { node->directory.broadcast(action.to, message); }, action.message);
  }
  void perform(const at_fault_point& place) { fault_point(place.name); }
  void perform(const start_timer& action) {
    switch (action.timer) {
      case coordinator_timer::tick: self->delayed_send(self, action.after, batch_tick{}); break;
      case coordinator_timer::idle_check: self->delayed_send(self, action.after, idle_check{}); break;
      case coordinator_timer::retry: self->delayed_send(self, action.after, retry_tick{}); break;
    }
  }
  void perform(const read_recovered& action) {
    log->read(
      [application = application, node = node, own = own] { return recover_batches(*application, *node, own->log); },
      [this, action](auto& recovered) { core->recovered(action.claimed, recovered, now()); });
  }
  void perform(const read_positions& action) {
    log->read([own = own, action] { return look_up(own->log, action); },
              [this](auto& positions) { core->positions_read(std::move(positions), now()); });
  }
  void perform(const fail_application& action) { application->fail(action.why); }
  void perform(const spoil_application& action) { application->spoil(action.why); }
  void perform(const say_idle&) { own->idle(); }
  void perform(const say_finished&) { own->finished(); }
  void perform(const quit&) { self->quit(caf::exit_reason::user_shutdown); }

  void log_read(const log_was_read& message) {
    log->heard(message);
    perform_all();
  }

  void report_phases() const {
    if (!chaos_page_is_attached())
      return;
    auto phases = core->count_phases();
    report_phase(phase::receiving, phases.receiving);
    report_phase(phase::sealed, phases.sealed);
    report_phase(phase::staged, phases.staged);
    report_phase(phase::committed, phases.committed);
  }
};

batch_coordinator_actor::behavior_type coordinator_behavior(
  batch_coordinator_actor::stateful_pointer<coordinator_state> self, application_ptr application, node_ptr node,
  coordination_ptr own) {
  keep_conduct(self, node->journal, to_string(address{role::batch_coordinator, 0}));
  auto& state = self->state;
  state.start(std::move(application), std::move(node), std::move(own));
  return {
    [&state](const coordination_claimed& message) { state.take(message); },
    [&state](const coordination_lost& message) { state.take(message); },
    [&state](const epoch_opened& message) { state.take(message); },
    [&state](const batch_sealed& message) { state.take(message); },
    [&state](const batch_committed& message) { state.take(message); },
    [&state](const batch_finished& message) { state.take(message); },
    [&state](const batch_amended& message) { state.take(message); },
    [&state](const seal_impossible& message) { state.take(message); },
    [&state](const open_input& message) { state.take(message); },
    [&state](const blocks_ready& message) { state.take(message); },
    [&state](const blocks_void& message) { state.take(message); },
    [&state](const blocks_reported& message) { state.take(message); },
    [&state](const offsets_found& message) { state.take(message); },
    [&state](const offsets_counted& message) { state.take(message); },
    [&state](const input_activity& message) { state.take(message); },
    [&state](const input_drained& message) { state.take(message); },
    [&state](const task_finished& message) { state.take(message); },
    [&state](const task_poisoned& message) { state.take(message); },
    [&state](const task_failed& message) { state.take(message); },
    [&state](const ready_to_publish& message) { state.take(message); },
    [&state](const batch_published& message) { state.take(message); },
    [&state](const drain& message) { state.take(message); },
    [&state](const batch_tick& message) { state.take(message); },
    [&state](const idle_check& message) { state.take(message); },
    [&state](const log_was_read& message) { state.log_read(message); },
    [&state](const retry_tick& message) { state.take(message); },
    [&state](const peer_restarted& message) { state.take(message); },
  };
}

} // namespace

batch_coordinator_actor spawn_batch_coordinator(caf::actor_system& system, application_ptr application, node_ptr node,
                                                coordination_ptr own) {
  return system.spawn<caf::lazy_init>(coordinator_behavior, std::move(application), std::move(node), std::move(own));
}

} // namespace weir::actors
