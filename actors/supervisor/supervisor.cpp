#include "actors/supervisor/supervisor.hpp"

namespace weir::actors {

namespace {

struct child {
  child_specification what;
  restart_policy policy;
  caf::strong_actor_ptr handle;
};

struct supervisor_state {
  static inline const char* name = "supervisor";

  supervisor_actor::pointer self;
  services_ptr services;
  std::vector<child> children;
  bool stopping = false;

  supervisor_state(supervisor_actor::pointer ptr) : self{ptr} {}

  void start(services_ptr given, std::vector<child_specification> specifications, restart_policy::limits limits) {
    services = std::move(given);
    self->set_down_handler([this](const caf::down_msg& down) { ended(down); });
    for (auto& what : specifications)
      children.push_back({std::move(what), restart_policy{limits}, nullptr});
    for (auto& each : children)
      begin(each);
    for (auto& each : children)
      tell(each.handle, each.what.who);
  }

  void begin(child& which) {
    which.handle = which.what.start();
    self->monitor(caf::actor_cast<caf::actor>(which.handle));
    services->directory.enter(which.what.who, which.handle);
  }

  static void tell(const caf::strong_actor_ptr& whom, const address& restarted) {
    caf::anon_send(caf::actor_cast<caf::actor>(whom), peer_restarted{restarted});
  }

  void ended(const caf::down_msg& down) {
    auto which = std::find_if(children.begin(), children.end(), [&](auto& each) { return each.handle == down.source; });
    if (which == children.end())
      return;
    which->handle = nullptr;
    services->directory.leave(which->what.who);
    if (stopping) {
      stop_next();
      return;
    }
    if (down.reason == caf::exit_reason::normal)
      return; // on purpose, after it reported the error that ends the application
    auto reason = to_string(down.reason);
    services->journal->actor_restarted(which->what.who, reason);
    auto pause = which->policy.child_ended(self->clock().now());
    if (!pause)
      services->fail({error_code::failed,
                      "failed too often to be restarted again (" + reason + ")",
                      to_string(which->what.who),
                      {}});
    else if (pause->count() == 0)
      restart(*which);
    else
      self->delayed_send(self, *pause, restart_child{which->what.who});
  }

  void restart(const restart_child& message) {
    for (auto& each : children)
      if (each.what.who == message.who && !each.handle && !stopping)
        restart(each);
  }

  /// The newcomer hears of itself first: that is what wakes it.
  void restart(child& which) {
    begin(which);
    tell(which.handle, which.what.who);
    for (auto& each : children)
      if (each.handle && each.what.who != which.what.who)
        tell(each.handle, which.what.who);
  }

  void kill(const kill_child& message) {
    for (auto& each : children)
      if (each.what.who == message.who && each.handle)
        caf::anon_send_exit(caf::actor_cast<caf::actor>(each.handle), caf::exit_reason::kill);
  }

  /// In the reverse order of their start, one after the other.
  void stop() {
    stopping = true;
    stop_next();
  }

  void stop_next() {
    for (auto each = children.rbegin(); each != children.rend(); ++each)
      if (each->handle) {
        caf::anon_send_exit(caf::actor_cast<caf::actor>(each->handle), caf::exit_reason::user_shutdown);
        return;
      }
    self->quit();
  }
};

supervisor_actor::behavior_type supervisor_behavior(supervisor_actor::stateful_pointer<supervisor_state> self,
                                                    services_ptr services, std::vector<child_specification> children,
                                                    restart_policy::limits limits) {
  auto& state = self->state;
  state.start(std::move(services), std::move(children), limits);
  return {
    [&state](const kill_child& message) { state.kill(message); },
    [&state](const restart_child& message) { state.restart(message); },
    [&state](const stop_children&) { state.stop(); },
  };
}

} // namespace

supervisor_actor spawn_supervisor(caf::actor_system& system, services_ptr services,
                                  std::vector<child_specification> children, restart_policy::limits limits) {
  return system.spawn(supervisor_behavior, std::move(services), std::move(children), limits);
}

} // namespace weir::actors
