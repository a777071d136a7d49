// The way of a file's record begins in batch_coordinator, which seals a range of the file, and goes on in partition_executor, which
// reads it: nothing is copied. This actor only says which files there are.
#include "actors/receiver/file_receiver.hpp"

#include <set>

#include "actors/batch_coordinator/protocol.hpp"
#include "actors/node/conduct.hpp"

namespace weir::actors {

namespace {

constexpr std::size_t files_per_message = 512;
constexpr std::chrono::milliseconds poll_interval{100};

struct file_receiver_state {
  static inline const char* name = "file_receiver";

  file_receiver_actor::pointer self;
  services_ptr services;
  input_id input;
  std::shared_ptr<worker> thread;
  std::set<std::string> reported; ///< names that the current coordinator has been told of
  bool listing = false;
  bool draining = false;

  file_receiver_state(file_receiver_actor::pointer ptr) : self{ptr} {}

  void start(services_ptr given, input_id which) {
    services = std::move(given);
    input = which;
    thread = services->workers->make("listing-" + std::to_string(which.value));
    services->journal->receiver_started(input, services->settings.inputs[input.value].directory());
    look();
    schedule_tick();
  }

  void look() {
    if (listing || draining)
      return;
    listing = true;
    auto directory = services->settings.inputs[input.value].directory();
    thread->post([services = services, directory, input = input, me = caf::actor_cast<caf::actor_addr>(self)] {
      directory_listed message;
      if (auto files = services->list_directory(directory))
        for (auto& file : *files)
          message.files.push_back({file.name, file.path, file.size, file.modified_ns});
      else
        complain(*services, input, files.error().message());
      if (auto handle = caf::actor_cast<caf::actor>(me))
        caf::anon_send(handle, std::move(message));
    });
  }

  static void complain(actors::services& services, input_id input, const std::string& sentence) {
    services.journal->tell({.name = "directory_unreadable",
                            .limited = true,
                            .actor = address{role::receiver, input.value},
                            .message = sentence});
    services.journal->receiver_failed(input, sentence);
  }

  void listed(const directory_listed& message) {
    listing = false;
    if (draining)
      return;
    files_found news{input, {}};
    auto anything = false;
    for (auto& file : message.files) {
      if (!reported.insert(file.name).second)
        continue;
      anything = true;
      news.files.push_back(file);
      if (news.files.size() == files_per_message)
        send(std::exchange(news, {input, {}}));
    }
    if (!news.files.empty())
      send(std::move(news));
    send(input_activity{input, !anything});
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

file_receiver_actor::behavior_type file_receiver_behavior(
  file_receiver_actor::stateful_pointer<file_receiver_state> self, services_ptr services, input_id input) {
  keep_conduct(self, services, to_string(address{role::receiver, input.value}));
  auto& state = self->state;
  state.start(std::move(services), input);
  return {
    [&state](const drain_input&) { state.drain(); },
    [&state](const report_input&) { state.report(); },
    [&state](const input_tick&) { state.tick(); },
    [&state](const directory_listed& message) { state.listed(message); },
    [](const peer_restarted&) {},
  };
}

} // namespace

file_receiver_actor spawn_file_receiver(caf::actor_system& system, services_ptr services, input_id input) {
  return system.spawn<caf::lazy_init>(file_receiver_behavior, std::move(services), input);
}

} // namespace weir::actors
