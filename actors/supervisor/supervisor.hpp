#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actors/supervisor/family.hpp"
#include "actors/supervisor/protocol.hpp"
#include "actors/supervisor/supervision_failure.hpp"
#include "actors/supervisor/tree_board.hpp"

namespace weir::actors {

struct supervisor_specification;

/// What a supervisor must know of a child.
struct child_specification {
  /// Unique in its tree: a restarted child is found again by it.
  std::string name;
  /// Makes the actor; called for every incarnation, on its supervisor's thread. One that is to be known before it says its first word is
  /// spawned with `caf::lazy_init`: it runs when it is told something, at the latest by `announce`. What it throws counts as an end.
  std::function<caf::strong_actor_ptr()> start;
  /// Instead of `start`: a supervisor with children of its own.
  std::shared_ptr<const supervisor_specification> nested;
  /// `transient`: again unless it ended with exit_reason::normal or none, that is by `quit()`.
  restart_kind kind = restart_kind::transient;
  /// How long it may take to end when it is told to, until it is killed. A nested supervisor has its children's limits on top.
  std::chrono::milliseconds stop_limit{1'000};
};

struct supervisor_specification {
  std::string name;
  restart_strategy strategy = restart_strategy::one_for_one;
  restart_policy::limits limits{};           ///< for each child
  std::vector<child_specification> children; ///< started in this order, stopped in the reverse one
};

/// A nested supervisor as a child.
child_specification as_child(supervisor_specification nested);

/// What a tree of supervisors uses of the world, and whom it tells. Each may be empty. Called on the threads of its supervisors, several at
/// a time; must return soon and not throw.
struct supervision_hooks {
  /// A child has a new incarnation, which has said nothing yet.
  std::function<void(const std::string& name, const caf::strong_actor_ptr&)> enter;
  /// It has none any more.
  std::function<void(const std::string& name)> leave;
  /// These (actors, not supervisors) have been entered: now they may begin, and others should hear of them.
  std::function<void(const std::vector<std::string>& names)> announce;
  /// Chance, for back-off. Empty = none.
  std::function<std::uint64_t()> random;
  /// A child has ended although nobody wanted it to; it will be started again, or given up.
  std::function<void(const std::string& name, const std::string& reason)> ended;
  /// Something a person should know about.
  std::function<void(const std::string& sentence)> warning;
  /// The root gave up: the tree ends itself in order. Once.
  std::function<void(const supervision_failure&)> failed;
};

/// All that the supervisors of one tree share.
struct supervision {
  supervision_hooks hooks;
  tree_board board;
};

/// Starts a supervisor and, before it returns, its children at every depth, in order. Used by `supervised_tree` and by supervisors. It stops
/// by an exit message, its children first; killed, it takes them with it. `parent`: empty for the root.
supervisor_actor spawn_supervisor(caf::actor_system& system,
                                  std::shared_ptr<const supervisor_specification> specification,
                                  std::shared_ptr<supervision> shared, const std::string& parent);

/// An exit reason for people.
std::string describe_reason(const caf::error& reason);

} // namespace weir::actors
