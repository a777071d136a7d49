#include "actors/supervisor/supervised_tree.hpp"

#include <atomic>
#include <set>
#include <stdexcept>

namespace weir::actors {

namespace {

void check_names(const supervisor_specification& specification, std::set<std::string>& known) {
  if (specification.name.empty() || !known.insert(specification.name).second)
    throw std::invalid_argument{"a supervisor's name is empty or taken: \"" + specification.name + "\""};
  for (auto& each : specification.children)
    if (each.nested)
      check_names(*each.nested, known);
    else if (!each.start)
      throw std::invalid_argument{each.name + " has no start function"};
    else if (each.name.empty() || !known.insert(each.name).second)
      throw std::invalid_argument{"a child's name is empty or taken: \"" + each.name + "\""};
}

void kill(const caf::strong_actor_ptr& who) {
  caf::anon_send_exit(caf::actor_cast<caf::actor>(who), caf::exit_reason::kill);
}

} // namespace

supervised_tree::supervised_tree(caf::actor_system& system, supervisor_specification specification,
                                 supervision_hooks hooks)
  : system_{system}, policy_{specification.limits} {
  specification_ = std::make_shared<const supervisor_specification>(std::move(specification));
  shared_ = std::make_shared<supervision>();
  shared_->hooks = std::move(hooks);
}

std::shared_ptr<supervised_tree> supervised_tree::start(caf::actor_system& system,
                                                        supervisor_specification specification,
                                                        supervision_hooks hooks) {
  std::set<std::string> names;
  check_names(specification, names);
  std::shared_ptr<supervised_tree> tree{new supervised_tree{system, std::move(specification), std::move(hooks)}};
  tree->begin();
  return tree;
}

void supervised_tree::begin() {
  auto now = system_.clock().now();
  auto root = spawn_supervisor(system_, specification_, shared_, "");
  auto handle = caf::actor_cast<caf::strong_actor_ptr>(root);
  if (shared_->hooks.enter)
    shared_->hooks.enter(specification_->name, handle);
  shared_->board.started(specification_->name, handle, now);
  {
    std::lock_guard guard{mutex_};
    root_ = root;
    policy_.child_started(now);
    if (stopping_)
      caf::anon_send_exit(root, caf::exit_reason::user_shutdown);
  }
  if (shared_->hooks.announce)
    shared_->hooks.announce(shared_->board.actors_below(specification_->name));
  root->attach_functor([self = shared_from_this()](const caf::error& reason) { self->root_ended(reason); });
}

void supervised_tree::stop(std::function<void()> ended) {
  {
    std::lock_guard guard{mutex_};
    stopping_ = true;
    if (!ended_) {
      told_ = std::move(ended);
      if (root_)
        caf::anon_send_exit(root_, caf::exit_reason::user_shutdown);
      return;
    }
  }
  if (ended)
    ended();
}

void supervised_tree::abandon() {
  std::lock_guard guard{mutex_};
  stopping_ = true;
  if (root_)
    caf::anon_send_exit(root_, caf::exit_reason::kill);
}

bool supervised_tree::has_ended() const {
  std::lock_guard guard{mutex_};
  return ended_;
}

/// On the thread on which the root ended.
void supervised_tree::root_ended(const caf::error& reason) {
  auto why = describe_reason(reason);
  auto gave_up = shared_->board.why_it_gave_up(specification_->name).has_value();
  bool over;
  {
    std::lock_guard guard{mutex_};
    root_ = nullptr;
    over = stopping_ || gave_up;
  }
  if (shared_->hooks.leave)
    shared_->hooks.leave(specification_->name);
  shared_->board.ended(specification_->name, over ? child_state::stopped : child_state::waiting, why,
                       system_.clock().now());
  if (!over && shared_->hooks.ended)
    shared_->hooks.ended(specification_->name, why);
  bury([self = shared_from_this(), over, why] { over ? self->end() : self->start_again(why); });
}

/// Again until nobody is found: who was alive a moment ago may have started somebody since.
void supervised_tree::bury(std::function<void()> then) {
  auto left = shared_->board.living_below(specification_->name);
  if (left.empty()) {
    shared_->board.all_ended_below(specification_->name,
                                   system_.clock().now()); // also who died before anyone could say so
    return then();
  }
  auto waits = std::make_shared<std::atomic<std::size_t>>(left.size() + 1);
  auto one_less = [self = shared_from_this(), waits, then = std::move(then)] {
    if (--*waits == 0)
      self->bury(then);
  };
  for (auto& each : left) {
    if (shared_->hooks.leave)
      shared_->hooks.leave(each.name);
    shared_->board.ends_with_supervisor(each.name, system_.clock().now());
    each.handle->get()->attach_functor(one_less);
    kill(each.handle);
  }
  one_less();
}

void supervised_tree::start_again(const std::string& reason) {
  auto random = shared_->hooks.random ? shared_->hooks.random : [] { return std::uint64_t{0}; };
  bool stopping, may;
  std::size_t ends;
  {
    std::lock_guard guard{mutex_};
    stopping = stopping_;
    // Whatever the pause would be: there is nothing in the tree that could wait meanwhile.
    may = policy_.child_ended(system_.clock().now(), false, random).has_value();
    ends = policy_.recent_ends(false);
  }
  if (!stopping && may)
    return begin();
  if (!stopping && shared_->hooks.failed)
    shared_->hooks.failed({specification_->name, ends, policy_.allowed().window, reason, ""});
  end();
}

void supervised_tree::end() {
  std::function<void()> told;
  {
    std::lock_guard guard{mutex_};
    ended_ = true;
    told = std::exchange(told_, nullptr);
  }
  if (told)
    told();
}

bool supervised_tree::send_exit(const std::string& name, caf::exit_reason reason) {
  auto who = shared_->board.find(name);
  if (!who)
    return false;
  shared_->board.doomed(name, system_.clock().now());
  caf::anon_send_exit(caf::actor_cast<caf::actor>(who), reason);
  return true;
}

bool supervised_tree::send(const std::string& name, const caf::message& message, bool deadly) {
  auto who = shared_->board.find(name);
  if (!who)
    return false;
  if (deadly)
    shared_->board.doomed(name, system_.clock().now());
  caf::anon_send(caf::actor_cast<caf::actor>(who), message);
  return true;
}

std::string supervised_tree::as_json(const std::map<std::string, std::string>& about) const {
  return to_json(shared_->board.rows(), system_.clock().now(), about);
}

} // namespace weir::actors
