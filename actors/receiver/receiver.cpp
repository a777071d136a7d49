// On a record's way, step 2 of 11: records become blocks, whether producers bring them or the process fetches them. From `producer_port` or
// `own_feed`, to block_store. `receiver_core` decides; this actor brings it messages and the time, and carries out what it says.
#include "actors/receiver/receiver.hpp"

#include <algorithm>
#include <optional>

#include "actors/block_store/protocol.hpp"
#include "actors/monitor/chaos_page.hpp"
#include "actors/node/conduct.hpp"
#include "actors/node/log_reader.hpp"
#include "actors/receiver/open_feed.hpp"
#include "actors/receiver/own_feed.hpp"
#include "actors/receiver/producer_port.hpp"
#include "actors/receiver/receiver_core.hpp"
#include "actors/receiver/source_listeners.hpp"

namespace weir::actors {

namespace {

result<producer_port::known_producers> count_producers(const log::readable_node_log& log, input_id input) {
  auto names = log.read_producers(input);
  if (!names)
    return tl::make_unexpected(names.error());
  return producer_port::known_producers{
    names->size(), std::any_of(names->begin(), names->end(), [](auto& entry) { return entry.second.left; })};
}

struct receiver_state {
  static inline const char* name = "receiver";

  receiver_actor::pointer self;
  application_ptr application;
  node_ptr node;
  input_id input;
  std::optional<receiver_core> core;
  producer_port* port = nullptr; ///< of the two, one is there
  own_feed* feed = nullptr;
  std::optional<log_reader> log;

  receiver_state(receiver_actor::pointer ptr) : self{ptr} {}
  ~receiver_state() {
    if (core)
      core->end();
  }

  result<void> start(application_ptr of, node_ptr on, input_id which) {
    application = std::move(of);
    node = std::move(on);
    input = which;
    auto opened = has_feed(application->settings.inputs[input.value]) ? open_feed() : open_port();
    if (opened)
      perform_all();
    return opened;
  }

  result<void> open_port() {
    auto& url = application->settings.inputs[input.value];
    auto bound = node->ingest->listen(url.address(), application->settings.max_receiver_bytes,
                                      std::make_shared<port_listener>(receiver_mailbox{self}, node->journal, input));
    if (!bound)
      return tl::make_unexpected(bound.error());
    make_core();
    producer_port::settings settings{input, application->settings.max_producers, application->settings.producer_ttl};
    port = &core->receive_from<producer_port>(now(), settings, std::move(*bound), node->journal);
    log.emplace(self, *node->workers, application->fail);
    log->read([node = node, input = input] { return count_producers(node->log, input); },
              [this](auto& known) {
                port->know(known);
                core->begin();
              });
    return {};
  }

  result<void> open_feed() {
    auto opened = node->open_feed(input, std::make_shared<own_feed_listener>(receiver_mailbox{self}));
    if (!opened)
      return tl::make_unexpected(opened.error());
    make_core();
    feed = &core->receive_from<own_feed>(now(), input, application->settings.inputs[input.value].text(),
                                         std::move(*opened), node->journal);
    core->begin();
    return {};
  }

  void make_core() {
    auto& settings = application->settings;
    core.emplace(receiver_facts{input, settings.inputs[input.value].text(), node->random(), settings.block_interval,
                                settings.retry_interval},
                 input_rate{settings}, node->journal);
  }

  receiver_core::moment now() const { return {self->clock().now(), node->wall_clock_us()}; }

  // -- what the actor hears --------------------------------------------------------------------------------------------

  template <class Message>
  void take(const Message& message) {
    core->hear(message, now());
    perform_all();
  }

  void log_read(const log_was_read& message) {
    log->heard(message);
    perform_all();
  }

  /// `tell` is called with the port. Nobody speaks for another kind of input.
  template <class Tell>
  void tell_port(Tell tell) {
    if (!port)
      return;
    tell(*port, now().steady);
    core->feed_has_heard(now());
    perform_all();
  }
  /// The same; and the input may rest, or rest no more.
  template <class Tell>
  void change_port(Tell tell) {
    if (!port)
      return;
    tell(*port, now().steady);
    core->feed_has_changed(now());
    perform_all();
  }
  template <class Message>
  void tell_feed(const Message& message) {
    if (!feed)
      return;
    feed->hear(message);
    core->feed_has_heard(now());
    perform_all();
  }

  // -- what the core wants done ----------------------------------------------------------------------------------------

  void perform_all() {
    for (auto& action : core->take_actions())
      std::visit([this](auto& each) { perform(each); }, action);
  }

  void perform(receiver_actions::send& action) {
    auto to = action.to == role::batch_coordinator ? application->coordinator() : node->here(action.to);
    std::visit([&](auto& message) { node->directory.send(to, std::move(message)); }, action.message);
  }
  void perform(receiver_actions::shelve& action) { node->blocks.put(action.id, std::move(action.bytes)); }
  void perform(const receiver_actions::at_fault_point& place) { fault_point(place.name); }
  void perform(const receiver_actions::start_timer& action) {
    using enum receiver_actions::timer;
    switch (action.timer) {
      case tick: self->delayed_send(self, action.after, input_tick{}); break;
      case retry: self->delayed_send(self, action.after, retry_tick{}); break;
      case look_again: self->delayed_send(self, action.after, read_again{}); break;
      case forget: self->delayed_send(self, action.after, forgetting_due{}); break;
      case cut:
        if (action.after.count() == 0)
          self->send(self, cut_block{action.sequence});
        else
          self->delayed_send(self, action.after, cut_block{action.sequence});
        break;
    }
  }
  void perform(const receiver_actions::quit&) { self->quit(caf::exit_reason::user_shutdown); }
};

receiver_actor::behavior_type receiver_behavior(receiver_actor::stateful_pointer<receiver_state> self,
                                                application_ptr application, node_ptr node, input_id input) {
  keep_conduct(self, node->journal, to_string(address{role::receiver, input.value}));
  auto& state = self->state;
  if (auto started = state.start(application, node, input); !started) {
    application->fail(started.error());
    self->quit(caf::exit_reason::normal); // it has said why: a successor would only say it again
  }
  return {
    [&state](const input_opened& message) { state.take(message); },
    [&state](const blocks_durable& message) { state.take(message); },
    [&state](const blocks_released& message) { state.take(message); },
    [&state](const epoch_refused& message) { state.take(message); },
    [&state](const producer_found& message) { state.take(message); },
    [&state](const departure_recorded& message) { state.change_port([&](auto& port, auto) { port.hear(message); }); },
    [&state](const producers_forgotten& message) { state.tell_port([&](auto& port, auto) { port.hear(message); }); },
    [&state](const log_was_read& message) { state.log_read(message); },
    [&state](const drain_input& message) { state.take(message); },
    [&state](const report_input& message) { state.take(message); },
    [&state](const limit_rate& message) { state.take(message); },
    [&state](const producer_hello& message) { state.change_port([&](auto& port, auto) { port.hear(message); }); },
    [&state](const producer_data& message) { state.tell_port([&](auto& port, auto now) { port.hear(message, now); }); },
    [&state](const producer_goodbye& message) {
      state.tell_port([&](auto& port, auto now) { port.hear(message, now); });
    },
    [&state](const connection_closed& message) {
      state.change_port([&](auto& port, auto now) { port.hear(message, now); });
    },
    [&state](const read_again&) { state.tell_port([](auto& port, auto now) { port.look_again(now); }); },
    [&state](const forgetting_due&) { state.tell_port([](auto& port, auto) { port.forget_silent(); }); },
    [&state](const feed_gave& message) { state.tell_feed(message); },
    [&state](const feed_ended& message) { state.tell_feed(message); },
    [&state](const source_stopped& message) { state.tell_feed(message); },
    [&state](const feed_warned& message) { state.tell_feed(message); },
    [self](const feed_sleeps& message) {
      self->delayed_send(self, std::chrono::milliseconds(message.pause_ms), feed_wakes{message.why});
    },
    [&state](const feed_wakes& message) { state.tell_feed(message); },
    [&state](const cut_block& message) { state.take(message); },
    [&state](const input_tick& message) { state.take(message); },
    [&state](const retry_tick& message) { state.take(message); },
    [&state](const peer_restarted& message) { state.take(message); },
  };
}

} // namespace

receiver_actor spawn_receiver(caf::actor_system& system, application_ptr application, node_ptr node, input_id input) {
  return system.spawn<caf::lazy_init>(receiver_behavior, std::move(application), std::move(node), input);
}

} // namespace weir::actors
