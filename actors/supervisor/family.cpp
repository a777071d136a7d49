#include "actors/supervisor/family.hpp"

#include <algorithm>
#include <utility>

#include "libstream/base/ensure.hpp"
#include "libstream/base/marks.hpp"

namespace weir::actors {

using action = family_step::action;

family::family(restart_strategy strategy, std::vector<restart_kind> kinds, const restart_policy::limits& limits,
               std::function<std::uint64_t()> random)
  : strategy_{strategy}, random_{std::move(random)} {
  for (auto kind : kinds)
    members_.push_back({kind, restart_policy{limits}, state::idle, 0});
}

family::steps family::begin(time_point now) {
  steps next;
  for (std::size_t child = 0; child < members_.size(); ++child)
    start(child, now, next);
  return next;
}

void family::start(std::size_t child, time_point now, steps& into) {
  ensure(members_[child].where == state::idle || members_[child].where == state::waiting,
         "only a child that is not there is started", "child", child, "state", static_cast<int>(members_[child].where));
  members_[child].where = state::running;
  members_[child].policy.child_started(now);
  into.push_back({action::start, child, {}, 0});
}

family::steps family::child_ended(std::size_t child, child_end how, time_point now) {
  auto& who = members_[child];
  if (who.where != state::running && who.where != state::stopping)
    return {};
  auto asked = std::exchange(who.where, state::idle) == state::stopping;
  if (who.kind == restart_kind::temporary ||
      (who.kind == restart_kind::transient && how == child_end::on_purpose && !asked))
    who.where = state::done;
  if (ends_)
    return stop_next();
  if (asked || who.where == state::done)
    return regroup(now);
  auto pause = who.policy.child_ended(now, how == child_end::gave_up, random_);
  if (!pause)
    return give_up(child);
  if (strategy_ == restart_strategy::one_for_one)
    return restart_alone(child, *pause, now);
  auto first = strategy_ == restart_strategy::one_for_all ? 0 : child;
  group_ = std::min(group_.value_or(first), first);
  group_pause_ = std::max(group_pause_, *pause);
  group_ticket_ = 0;
  return regroup(now);
}

family::steps family::restart_alone(std::size_t child, restart_policy::duration pause, time_point now) {
  steps next;
  if (pause.count() == 0) {
    start(child, now, next);
    return next;
  }
  mark("supervisor.backs_off");
  members_[child].where = state::waiting;
  members_[child].ticket = ++tickets_;
  next.push_back({action::wait, child, pause, tickets_});
  return next;
}

family::steps family::regroup(time_point now) {
  if (!group_ || group_ticket_ != 0 || is_stopping_one())
    return {};
  steps next;
  if (auto child = next_to_stop(*group_)) {
    members_[*child].where = state::stopping;
    next.push_back({action::stop, *child, {}, 0});
  } else if (group_pause_.count() > 0) {
    group_ticket_ = ++tickets_;
    next.push_back({action::wait, *group_, group_pause_, tickets_});
  } else {
    start_group(now, next);
  }
  return next;
}

void family::start_group(time_point now, steps& into) {
  for (auto child = *group_; child < members_.size(); ++child)
    if (members_[child].where == state::idle)
      start(child, now, into);
  group_.reset();
  group_pause_ = {};
  group_ticket_ = 0;
}

family::steps family::wait_over(std::uint64_t ticket, time_point now) {
  steps next;
  if (ends_ || ticket == 0)
    return next;
  if (ticket == group_ticket_)
    start_group(now, next);
  for (std::size_t child = 0; child < members_.size(); ++child)
    if (members_[child].where == state::waiting && members_[child].ticket == ticket)
      start(child, now, next);
  return next;
}

family::steps family::give_up(std::size_t child) {
  mark("supervisor.gives_up");
  ends_ = true;
  steps next{{action::give_up, child, {}, 0}};
  auto others = stop_next();
  next.insert(next.end(), others.begin(), others.end());
  return next;
}

family::steps family::stop() {
  if (ends_)
    return {};
  ends_ = true;
  return stop_next();
}

family::steps family::stop_next() {
  if (is_stopping_one() || finished_)
    return {};
  if (auto child = next_to_stop(0)) {
    members_[*child].where = state::stopping;
    return {{action::stop, *child, {}, 0}};
  }
  finished_ = true;
  return {{action::finish, 0, {}, 0}};
}

std::optional<std::size_t> family::next_to_stop(std::size_t first) const {
  for (auto child = members_.size(); child-- > first;)
    if (members_[child].where == state::running)
      return child;
  return std::nullopt;
}

bool family::is_stopping_one() const {
  return std::any_of(members_.begin(), members_.end(), [](auto& each) { return each.where == state::stopping; });
}

bool family::expects_end_of(std::size_t child) const { return ends_ || members_[child].where == state::stopping; }

} // namespace weir::actors
