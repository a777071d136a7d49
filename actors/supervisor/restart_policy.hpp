#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>

namespace weir::actors {

/// How often one child may be restarted, and after which pause. Pure; times come from the actor clock, chance from outside.
///
/// The first restart is immediate. A child that ends again before it has lived `steady_after` waits: `first_pause`, then twice as long each
/// time, up to `longest_pause`; of each pause at least half, the rest by chance, so that children that fell together do not rise together.
/// One that ends more than `restarts` times within `window` has failed. A supervisor that failed itself counts apart: it has tried
/// already, so one more failure of it than `escalations` within `escalation_window` is too much.
class restart_policy {
public:
  using time_point = std::chrono::steady_clock::time_point;
  using duration = std::chrono::microseconds;

  struct limits {
    std::size_t restarts = 20;
    std::chrono::milliseconds window{10'000};
    std::chrono::milliseconds first_pause{5};
    std::chrono::milliseconds longest_pause{1'000};
    std::chrono::milliseconds steady_after{500};
    std::size_t escalations = 1;
    std::chrono::milliseconds escalation_window{60'000};
  };

  restart_policy() : restart_policy{limits{}} {}
  explicit restart_policy(const limits& given) : limits_{given} {
    // A child that ends at once for ever must reach its number within the window, or it would never be given up.
    auto affordable =
      duration{limits_.window} / static_cast<std::int64_t>(2 * std::max<std::size_t>(1, limits_.restarts));
    longest_pause_ = std::min<duration>(limits_.longest_pause, affordable);
    first_pause_ = std::min<duration>(limits_.first_pause, longest_pause_);
  }

  /// It has been started.
  void child_started(time_point now) { started_ = now; }

  /// It has ended. The pause before its restart, or nothing: it has failed too often. `escalated`: it is a supervisor that gave up.
  /// `random` is asked only when there is something to decide.
  std::optional<duration> child_ended(time_point now, bool escalated, const std::function<std::uint64_t()>& random) {
    auto& ended = escalated ? escalated_ : ended_;
    auto window = escalated ? limits_.escalation_window : limits_.window;
    while (!ended.empty() && now - ended.front() > window)
      ended.pop_front();
    ended.push_back(now);
    if (ended.size() > (escalated ? limits_.escalations : limits_.restarts))
      return std::nullopt;
    if (ended.size() == 1 || (started_ && now - *started_ >= limits_.steady_after)) {
      quick_ends_ = 0;
      return duration{0};
    }
    ++quick_ends_;
    return pause(random);
  }

  /// Ends within the window that were counted last, of the kind that was counted last.
  std::size_t recent_ends(bool escalated) const { return escalated ? escalated_.size() : ended_.size(); }
  const limits& allowed() const { return limits_; }

private:
  duration pause(const std::function<std::uint64_t()>& random) const {
    auto doublings = std::min<std::size_t>(quick_ends_ - 1, 16);
    auto whole = std::min(longest_pause_, first_pause_ * (std::int64_t{1} << doublings));
    auto half = whole / 2;
    return half +
           duration{static_cast<std::int64_t>(random() % static_cast<std::uint64_t>((whole - half).count() + 1))};
  }

  limits limits_;
  duration first_pause_{0};
  duration longest_pause_{0};
  std::deque<time_point> ended_;
  std::deque<time_point> escalated_;
  std::size_t quick_ends_ = 0; ///< in a row, after one that was restarted at once
  std::optional<time_point> started_;
};

} // namespace weir::actors
