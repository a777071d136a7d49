#include "actors/supervisor/supervisor.hpp"

#include <algorithm>
#include <exception>

#include "libstream/base/marks.hpp"

namespace weir::actors {

namespace {

/// How long a killed actor may take to notice: it only has to end the message that it is in.
constexpr std::chrono::milliseconds kill_limit{1'000};

struct child {
  child_specification specification;
  caf::strong_actor_ptr handle;
  std::uint64_t incarnation = 0;
  bool killed = false;                ///< its time to end was over
  std::vector<caf::actor_addr> heirs; ///< of a supervisor that has ended: who of its tree still lives
  child_end end = child_end::failed;
  std::string reason;
};

restart_policy::duration time_to_stop(const child_specification& of) {
  restart_policy::duration whole = of.stop_limit;
  if (of.nested)
    for (auto& each : of.nested->children)
      whole += time_to_stop(each) + kill_limit;
  return whole;
}

std::vector<restart_kind> kinds_of(const supervisor_specification& specification) {
  std::vector<restart_kind> kinds;
  for (auto& each : specification.children)
    kinds.push_back(each.kind);
  return kinds;
}

template <class Function, class... Arguments>
void call(const Function& hook, Arguments&&... arguments) {
  if (hook)
    hook(std::forward<Arguments>(arguments)...);
}

/// The thin shell around `family`: it starts, ends and watches actors, and tells what happens.
class supervisor final : public supervisor_actor::base {
public:
  supervisor(caf::actor_config& config, std::shared_ptr<const supervisor_specification> specification,
             std::shared_ptr<supervision> shared, std::string parent)
    : supervisor_actor::base{config},
      specification_{std::move(specification)},
      shared_{std::move(shared)},
      is_root_{parent.empty()},
      family_{specification_->strategy, kinds_of(*specification_), specification_->limits, random_of(shared_->hooks)} {
    set_handlers();
    shared_->board.enlist(specification_->name, parent, true);
    for (auto& each : specification_->children) {
      shared_->board.enlist(each.name, specification_->name, each.nested != nullptr);
      children_.push_back({each, nullptr, 0, false, {}, child_end::failed, {}});
    }
    perform(family_.begin(clock().now()));
    announces_ = true;
  }

  const char* name() const override { return "supervisor"; }

  behavior_type make_behavior() override {
    return {
      [this](const restart_due& message) { perform(family_.wait_over(message.ticket, clock().now())); },
      [this](const end_overdue& message) { overdue(message); },
      [this](const start_failed& message) { ended(message.child, child_end::failed, message.reason); },
    };
  }

private:
  static std::function<std::uint64_t()> random_of(const supervision_hooks& hooks) {
    return hooks.random ? hooks.random : [] { return std::uint64_t{0}; };
  }

  void set_handlers() {
    set_down_handler([this](const caf::down_msg& down) { heard_of_end(down); });
    set_exit_handler([this](const caf::exit_msg& order) {
      if (!order.reason || order.reason == caf::exit_reason::normal)
        return;
      stop_reason_ = order.reason;
      perform(family_.stop());
    });
    set_default_handler([this](caf::scheduled_actor*, caf::message_view&) -> caf::result<caf::message> {
      if (!std::exchange(warned_, true)) // nobody has anything to say to a supervisor
        call(shared_->hooks.warning,
             specification_->name + " drops a message that it does not know, and will drop others");
      return caf::sec::unexpected_message;
    });
    // However it dies, nobody stays behind. Not by links: these would also tell it of each child's end a second time.
    attach_functor([shared = shared_, name = specification_->name] {
      for (auto& each : shared->board.living_children(name))
        caf::anon_send_exit(caf::actor_cast<caf::actor>(each.handle), caf::exit_reason::kill);
    });
  }

  // -- what the family decided

  void perform(const family::steps& steps) {
    std::vector<std::string> newcomers;
    for (auto& step : steps)
      switch (step.next) {
        case family_step::action::start: start(step.child, newcomers); break;
        case family_step::action::stop: stop(step.child); break;
        case family_step::action::wait: delayed_send(this, step.pause, restart_due{step.ticket}); break;
        case family_step::action::give_up: give_up(step.child); break;
        case family_step::action::finish:
          shared_->board.all_ended_below(specification_->name, clock().now());
          quit(stop_reason_);
          break;
      }
    if (announces_ && !newcomers.empty())
      call(shared_->hooks.announce, newcomers);
  }

  void start(std::size_t index, std::vector<std::string>& newcomers) {
    auto& which = children_[index];
    ++which.incarnation;
    which.killed = false;
    std::string failure = "its start function returned nothing";
    try {
      which.handle = which.specification.nested
                       ? caf::actor_cast<caf::strong_actor_ptr>(
                           spawn_supervisor(system(), which.specification.nested, shared_, specification_->name))
                       : which.specification.start();
    } catch (const std::exception& thrown) {
      failure = std::string{"cannot be started: "} + thrown.what();
    } catch (...) {
      failure = "cannot be started";
    }
    if (!which.handle) { // by a message, as the constructor cannot act on it
      send(this, start_failed{static_cast<std::uint32_t>(index), failure});
      return;
    }
    call(shared_->hooks.enter, which.specification.name, which.handle);
    shared_->board.started(which.specification.name, which.handle, clock().now());
    monitor(which.handle);
    auto added = shared_->board.actors_below(which.specification.name);
    newcomers.insert(newcomers.end(), added.begin(), added.end());
  }

  void stop(std::size_t index) {
    auto& which = children_[index];
    shared_->board.becomes(which.specification.name, child_state::stopping);
    if (which.handle)
      caf::anon_send_exit(caf::actor_cast<caf::actor>(which.handle), caf::exit_reason::user_shutdown);
    remind(index, time_to_stop(which.specification));
  }

  void give_up(std::size_t index) {
    auto& which = children_[index];
    auto& name = which.specification.name;
    auto& policy = family_.policy_of(index);
    auto escalated = which.end == child_end::gave_up;
    supervision_failure why{name, policy.recent_ends(escalated),
                            escalated ? policy.allowed().escalation_window : policy.allowed().window, which.reason,
                            specification_->name};
    if (auto below = escalated ? std::exchange(last_escalation_, std::nullopt) : std::nullopt)
      why = *below; // whose child it was is what people must know
    stop_reason_ = caf::make_error(caf::sec::runtime_error, why.child + " " + describe(why));
    shared_->board.gave_up(specification_->name, why);
    if (is_root_)
      call(shared_->hooks.failed, why);
  }

  // -- what happens

  void heard_of_end(const caf::down_msg& down) {
    for (std::size_t index = 0; index < children_.size(); ++index) {
      auto& which = children_[index];
      if (which.handle && which.handle == down.source) {
        auto on_purpose = !down.reason || down.reason == caf::exit_reason::normal;
        ended(index, on_purpose ? child_end::on_purpose : child_end::failed, describe_reason(down.reason));
        return;
      }
      if (std::erase(which.heirs, down.source) > 0) {
        bury_tree_of(index);
        return;
      }
    }
  }

  void ended(std::size_t index, child_end how, const std::string& reason) {
    auto& which = children_[index];
    which.handle = nullptr;
    which.end = how;
    which.reason = reason;
    call(shared_->hooks.leave, which.specification.name);
    if (auto why = shared_->board.why_it_gave_up(which.specification.name)) {
      mark("supervisor.escalates");
      which.end = child_end::gave_up;
      last_escalation_ = std::move(why);
    }
    auto expected = family_.expects_end_of(index);
    auto finished = which.end == child_end::on_purpose && which.specification.kind != restart_kind::permanent;
    shared_->board.ended(which.specification.name,
                         expected   ? child_state::stopped
                         : finished ? child_state::done
                                    : child_state::waiting,
                         expected ? "stopped" : reason, clock().now());
    if (!expected && !finished)
      call(shared_->hooks.ended, which.specification.name, reason);
    bury_tree_of(index);
  }

  /// Of a lost supervisor nobody may be left when its successor starts: two incarnations of one child would get in each other's way.
  void bury_tree_of(std::size_t index) {
    auto& which = children_[index];
    if (!which.heirs.empty())
      return; // when the last of them is gone
    if (!which.specification.nested)
      return settle(index);
    // Again until nobody is found: who was alive a moment ago may have started somebody since.
    for (auto& each : shared_->board.living_below(which.specification.name)) {
      call(shared_->hooks.leave, each.name);
      shared_->board.ends_with_supervisor(each.name, clock().now());
      which.heirs.push_back(caf::actor_cast<caf::actor_addr>(each.handle));
      monitor(each.handle);
      caf::anon_send_exit(caf::actor_cast<caf::actor>(each.handle), caf::exit_reason::kill);
    }
    if (which.heirs.empty()) {
      shared_->board.all_ended_below(which.specification.name,
                                     clock().now()); // also who died before anyone could say so
      settle(index);
    } else {
      mark("supervisor.buries_tree");
      remind(index, kill_limit);
    }
  }

  /// Nothing is left of the child's incarnation.
  void settle(std::size_t index) { perform(family_.child_ended(index, children_[index].end, clock().now())); }

  void remind(std::size_t index, restart_policy::duration limit) {
    delayed_send(this, limit, end_overdue{static_cast<std::uint32_t>(index), children_[index].incarnation});
  }

  /// What does not end in time is killed; what does not even end then is left behind.
  void overdue(const end_overdue& message) {
    auto& which = children_[message.child];
    if (which.incarnation != message.incarnation || (!which.handle && which.heirs.empty()))
      return;
    auto& name = which.specification.name;
    if (which.handle && !std::exchange(which.killed, true)) {
      call(shared_->hooks.warning, name + " did not end in time and is killed");
      caf::anon_send_exit(caf::actor_cast<caf::actor>(which.handle), caf::exit_reason::kill);
      remind(message.child, kill_limit);
      return;
    }
    call(shared_->hooks.warning, name + " does not end, not even killed; its supervisor goes on without it");
    which.heirs.clear();
    if (which.handle) {
      demonitor(which.handle->address());
      which.handle = nullptr;
      call(shared_->hooks.leave, name);
    }
    shared_->board.ended(name, child_state::abandoned, "does not end", clock().now());
    settle(message.child);
  }

  std::shared_ptr<const supervisor_specification> specification_;
  std::shared_ptr<supervision> shared_;
  bool is_root_;
  family family_;
  std::vector<child> children_;
  bool warned_ = false;
  bool announces_ = false; ///< not while it is started itself: whoever starts it announces all at once
  caf::error stop_reason_ = caf::exit_reason::user_shutdown;
  std::optional<supervision_failure> last_escalation_;
};

} // namespace

child_specification as_child(supervisor_specification nested) {
  child_specification supervised;
  supervised.name = nested.name;
  supervised.nested = std::make_shared<const supervisor_specification>(std::move(nested));
  supervised.kind = restart_kind::permanent;
  return supervised;
}

supervisor_actor spawn_supervisor(caf::actor_system& system,
                                  std::shared_ptr<const supervisor_specification> specification,
                                  std::shared_ptr<supervision> shared, const std::string& parent) {
  return system.spawn<supervisor>(std::move(specification), std::move(shared), parent);
}

std::string describe_reason(const caf::error& reason) {
  if (!reason || reason == caf::exit_reason::normal)
    return "it ended by itself";
  if (reason == caf::exit_reason::kill)
    return "it was killed";
  if (reason == caf::exit_reason::user_shutdown)
    return "it was told to end";
  if (reason == caf::exit_reason::unreachable)
    return "nobody referred to it any more";
  if (reason.category() == caf::atom("system") && reason.context().match_elements<std::string>())
    return reason.context().get_as<std::string>(0);
  return caf::to_string(reason);
}

} // namespace weir::actors
