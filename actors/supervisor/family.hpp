#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "actors/supervisor/restart_policy.hpp"

namespace weir::actors {

/// Who is started again when a child fails: it alone; all children; it and those that were started after it.
enum class restart_strategy : std::uint8_t { one_for_one, one_for_all, rest_for_one };

/// Whether a child is started again: always; unless it ended on purpose; never.
enum class restart_kind : std::uint8_t { permanent, transient, temporary };

/// How a child ended: by a failure, on purpose, or, being a supervisor, because it gave up.
enum class child_end : std::uint8_t { failed, on_purpose, gave_up };

/// What a supervisor does next.
struct family_step {
  enum class action : std::uint8_t {
    start,   ///< `child`
    stop,    ///< `child`: its end is to be reported, too
    wait,    ///< for `pause`, then report `ticket`
    give_up, ///< `child` has failed too often
    finish   ///< no child is left: end
  };

  action next = action::start;
  std::size_t child = 0;
  restart_policy::duration pause{0};
  std::uint64_t ticket = 0;

  bool operator==(const family_step&) const = default;
};

/// Decides for a supervisor what becomes of its children. Pure: it is told facts and answers with steps, to be done in their order.
///
///   running ──fails──▶ waiting (back-off) ──▶ running
///   running ──a sibling fails, by strategy──▶ stopping ──▶ idle ──▶ running, in order, after the back-off of the one that failed
///   running ──ends on purpose (transient), ends (temporary)──▶ done: never started again, not with its siblings either
///
/// Children are started in order and stopped in reverse, one after the other. A supervisor that gives up, or is told to stop, stops all its
/// children in that way and has then finished.
class family {
public:
  using steps = std::vector<family_step>;
  using time_point = restart_policy::time_point;

  family(restart_strategy strategy, std::vector<restart_kind> kinds, const restart_policy::limits& limits,
         std::function<std::uint64_t()> random);

  /// Everybody is to be started. Once.
  steps begin(time_point now);
  /// A child that was started has ended; asked to or not. Repeated reports are ignored.
  steps child_ended(std::size_t child, child_end how, time_point now);
  /// A wait is over. Old tickets are ignored.
  steps wait_over(std::uint64_t ticket, time_point now);
  /// The supervisor is to end.
  steps stop();

  /// It ends, or has: nobody is started any more.
  bool ends() const { return ends_; }
  /// The child was asked to stop, or everybody will be: its end is no failure.
  bool expects_end_of(std::size_t child) const;
  const restart_policy& policy_of(std::size_t child) const { return members_[child].policy; }

private:
  enum class state : std::uint8_t { idle, running, stopping, waiting, done };

  struct member {
    restart_kind kind;
    restart_policy policy;
    state where = state::idle;
    std::uint64_t ticket = 0; ///< of its back-off
  };

  void start(std::size_t child, time_point now, steps& into);
  steps restart_alone(std::size_t child, restart_policy::duration pause, time_point now);
  /// Goes on with restarting a group: stops the next of them, or waits, or starts them.
  steps regroup(time_point now);
  void start_group(time_point now, steps& into);
  steps give_up(std::size_t child);
  /// Goes on with ending: stops the next child, or has finished.
  steps stop_next();
  /// The one that was started last among those from `first` on, if none is being stopped already.
  std::optional<std::size_t> next_to_stop(std::size_t first) const;
  bool is_stopping_one() const;

  restart_strategy strategy_;
  std::vector<member> members_;
  std::function<std::uint64_t()> random_;
  std::uint64_t tickets_ = 0;
  bool ends_ = false;
  bool finished_ = false;
  std::optional<std::size_t> group_; ///< from this child on, all are being started again
  restart_policy::duration group_pause_{0};
  std::uint64_t group_ticket_ = 0; ///< of the wait under way; 0 = none
};

} // namespace weir::actors
