// The way of a record that can be read again begins in batch_coordinator, which seals a range of its partition, and goes on in
// partition_executor, which reads it: nothing is copied. This actor only says which partitions there are, and how far they reach.
#include "actors/receiver/replay_receiver.hpp"

#include <map>

#include "actors/batch_coordinator/protocol.hpp"
#include "actors/node/conduct.hpp"
#include "actors/node/replayable_inputs.hpp"

namespace weir::actors {

namespace {

constexpr std::size_t partitions_per_message = 512;
constexpr std::chrono::milliseconds poll_interval{100};

struct replay_receiver_state {
  static inline const char* name = "replay_receiver";

  replay_receiver_actor::pointer self;
  services_ptr services;
  input_id input;
  std::shared_ptr<worker> thread;
  std::map<std::string, plan::source_partition> reported; ///< what the current coordinator has been told, by name
  bool listing = false;
  bool draining = false;

  replay_receiver_state(replay_receiver_actor::pointer ptr) : self{ptr} {}

  void start(services_ptr given, input_id which) {
    services = std::move(given);
    input = which;
    thread = services->workers->make("listing-" + std::to_string(which.value));
    auto& url = services->settings.inputs[input.value];
    services->journal->receiver_started(input, url.what() == input_url::kind::file ? url.directory() : url.text());
    look();
    schedule_tick();
  }

  void look() {
    if (listing || draining)
      return;
    listing = true;
    thread->post([services = services, input = input, me = caf::actor_cast<caf::actor_addr>(self)] {
      source_listed message;
      auto partitions = list_partitions(*services, input);
      message.failed = !partitions;
      if (partitions)
        message.partitions = std::move(*partitions);
      else
        complain(*services, input, partitions.error().message());
      if (auto handle = caf::actor_cast<caf::actor>(me))
        caf::anon_send(handle, std::move(message));
    });
  }

  static void complain(actors::services& services, input_id input, const std::string& sentence) {
    services.journal->tell({.name = "input_unreadable",
                            .limited = true,
                            .actor = address{role::receiver, input.value},
                            .message = sentence});
    services.journal->receiver_failed(input, sentence);
  }

  void listed(const source_listed& message) {
    listing = false;
    if (draining)
      return;
    offsets_found news{input, {}};
    auto anything = false;
    for (auto& partition : message.partitions) {
      if (!is_news(partition))
        continue;
      anything = true;
      news.partitions.push_back(partition);
      if (news.partitions.size() == partitions_per_message)
        send(std::exchange(news, {input, {}}));
    }
    if (!news.partitions.empty())
      send(std::move(news));
    send(input_activity{input, !anything && !message.failed});
  }

  bool is_news(const plan::source_partition& found) {
    auto [known, is_new] = reported.try_emplace(found.name, found);
    if (is_new)
      return true;
    return (found.grows || known->second.grows) && std::exchange(known->second, found) != found;
  }

  void tick() {
    look();
    schedule_tick();
  }

  void report() {
    reported.clear();
    if (draining)
      send(input_drained{input, {}, {}});
    else
      look();
  }

  void drain() {
    draining = true;
    services->journal->receiver_stopped(input);
    send(input_drained{input, {}, {}});
  }

  void schedule_tick() { self->delayed_send(self, poll_interval, input_tick{}); }

  template <class Message>
  void send(Message message) {
    services->directory.send({role::batch_coordinator, 0}, std::move(message));
  }
};

replay_receiver_actor::behavior_type replay_receiver_behavior(
  replay_receiver_actor::stateful_pointer<replay_receiver_state> self, services_ptr services, input_id input) {
  keep_conduct(self, services, to_string(address{role::receiver, input.value}));
  auto& state = self->state;
  state.start(std::move(services), input);
  return {
    [&state](const drain_input&) { state.drain(); },
    [&state](const report_input&) { state.report(); },
    [&state](const input_tick&) { state.tick(); },
    [&state](const source_listed& message) { state.listed(message); },
    [](const peer_restarted&) {},
  };
}

} // namespace

replay_receiver_actor spawn_replay_receiver(caf::actor_system& system, services_ptr services, input_id input) {
  return system.spawn<caf::lazy_init>(replay_receiver_behavior, std::move(services), input);
}

} // namespace weir::actors
