#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "actors/caf.hpp"
#include "actors/supervisor/supervision_failure.hpp"

namespace weir::actors {

/// Where a child stands, as people see it.
enum class child_state : std::uint8_t {
  running,
  waiting,   ///< for its restart
  stopping,  ///< asked to end
  stopped,   ///< ended in order
  done,      ///< ended on purpose, never started again
  abandoned, ///< did not end when it should; its supervisor went on without it
};

const char* name_of(child_state state);

/// One actor or supervisor of a tree.
struct tree_row {
  std::string name;
  std::string parent; ///< empty: the root
  bool supervisor = false;
  child_state state = child_state::waiting;
  std::uint64_t restarts = 0;
  std::string last_reason;                                 ///< of its last end; empty = it never ended
  std::chrono::steady_clock::time_point started{};         ///< its present incarnation
  std::optional<std::chrono::microseconds> restart_took{}; ///< from its last end, or the order to kill it, to its start
};

/// How a tree of supervisors stands: written by its supervisors, read by whoever wants to know, from any thread. It survives the
/// supervisors, so that whoever starts one again finds whom the lost one left behind. Times come from the actor clock.
class tree_board {
public:
  using time_point = std::chrono::steady_clock::time_point;

  struct living {
    std::string name;
    caf::strong_actor_ptr handle;
  };

  /// Known names keep their figures.
  void enlist(const std::string& name, const std::string& parent, bool supervisor);
  void started(const std::string& name, const caf::strong_actor_ptr& handle, time_point now);
  void ended(const std::string& name, child_state state, const std::string& reason, time_point now);
  /// It ends with its supervisor. It counts as living until it has: if whoever waits for that is lost, too, another one must.
  void ends_with_supervisor(const std::string& name, time_point now);
  void becomes(const std::string& name, child_state state);
  /// Nobody lives below this supervisor, and it starts nobody any more: whatever was last said of them, they have ended.
  void all_ended_below(const std::string& supervisor, time_point now);
  /// The order to kill it was given: its restart takes from now.
  void doomed(const std::string& name, time_point now);
  /// A supervisor gave up, for this reason; asked once.
  void gave_up(const std::string& name, supervision_failure why);
  std::optional<supervision_failure> why_it_gave_up(const std::string& name);

  /// Null unless it lives.
  caf::strong_actor_ptr find(const std::string& name) const;
  /// Whoever lives at any depth below a supervisor, itself not included; those started last come first.
  std::vector<living> living_below(const std::string& name) const;
  /// The same, only its own children.
  std::vector<living> living_children(const std::string& name) const;
  /// The actors, at any depth, that are no supervisors; the name itself when it is one.
  std::vector<std::string> actors_below(const std::string& name) const;
  /// The root first, each followed by what is below it.
  std::vector<tree_row> rows() const;

private:
  struct record {
    tree_row row;
    caf::actor_addr handle;
    std::optional<time_point> doomed;
    std::optional<time_point> ended;
    bool ran = false;
    std::optional<supervision_failure> failure;
  };

  record* find_record(const std::string& name);
  const record* find_record(const std::string& name) const;
  void end_below(const std::string& parent, time_point now);
  void add_living(const std::string& parent, bool deep, std::vector<living>& into) const;
  void add_actors(const std::string& parent, std::vector<std::string>& into) const;
  void add_rows(const std::string& parent, std::vector<tree_row>& into) const;

  mutable std::mutex mutex_;
  std::vector<record> records_; ///< in the order in which they were enlisted
};

/// The tree as one JSON document: nested objects with name, about (of those in `about`, by name), kind, state, restarts, last_reason,
/// uptime_ms, restart_us, children.
std::string to_json(const std::vector<tree_row>& rows, tree_board::time_point now,
                    const std::map<std::string, std::string>& about = {});

} // namespace weir::actors
