#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "actors/supervisor/supervisor.hpp"

namespace weir::actors {

/// A tree of supervisors as a whole, for whoever starts it: not an actor itself, so it cannot be killed. When its root is, everything below
/// ends with it and then the whole tree is started again, within the limits of the root's own specification. May be used from any thread.
///
///   auto tree = supervised_tree::start(system, {.name = "root", .children = {{.name = "worker", .start = ...}}}, hooks);
///   ...
///   tree->stop([] { ... });
class supervised_tree : public std::enable_shared_from_this<supervised_tree> {
public:
  /// All actors are running, and have been announced, when it returns. Names must be unique, children must have a start function or a nested
  /// supervisor: throws std::invalid_argument. `system` must outlive the tree's actors.
  static std::shared_ptr<supervised_tree> start(caf::actor_system& system, supervisor_specification specification,
                                                supervision_hooks hooks);

  /// Ends everybody in order; `ended` is called once, at the end, on a thread of the actors, or at once if it has ended already.
  void stop(std::function<void()> ended = {});
  /// Nobody is started again from now on; for ends that are not in order.
  void abandon();
  bool has_ended() const;

  /// Sends a child, at any depth, or the root, an exit message. False: no such child lives.
  bool send_exit(const std::string& name, caf::exit_reason reason);
  /// Sends a child any message, for experiments; `deadly`: it should end by it. False: no such child lives.
  bool send(const std::string& name, const caf::message& message, bool deadly);

  std::vector<tree_row> rows() const { return shared_->board.rows(); }
  /// The tree as JSON, with times as they are now; `about`: what is said of children, by their names.
  std::string as_json(const std::map<std::string, std::string>& about = {}) const;

private:
  supervised_tree(caf::actor_system& system, supervisor_specification specification, supervision_hooks hooks);
  void begin();
  void root_ended(const caf::error& reason);
  /// Ends whoever the root has left behind, then goes on.
  void bury(std::function<void()> then);
  void start_again(const std::string& reason);
  /// Says that it is over. Nothing may follow.
  void end();

  caf::actor_system& system_;
  std::shared_ptr<const supervisor_specification> specification_;
  std::shared_ptr<supervision> shared_;

  mutable std::mutex mutex_;
  supervisor_actor root_;
  restart_policy policy_;
  bool stopping_ = false;
  bool ended_ = false;
  std::function<void()> told_;
};

} // namespace weir::actors
