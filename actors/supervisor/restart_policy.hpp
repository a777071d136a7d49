#pragma once

#include <chrono>
#include <deque>
#include <optional>

namespace weir::actors {

/// How often a child may be restarted, and after which pause. Pure; times come from the actor clock. The first restart is
/// immediate, later ones within the window wait twice as long each time.
class restart_policy {
public:
  using time_point = std::chrono::steady_clock::time_point;

  struct limits {
    std::size_t restarts = 20;
    std::chrono::milliseconds window{10'000};
    std::chrono::milliseconds first_pause{5};
    std::chrono::milliseconds longest_pause{1'000};
  };

  restart_policy() = default;
  explicit restart_policy(limits given) : limits_{given} {}

  /// A child has ended. The pause before its restart, or nothing: it has failed too often, the whole must stop.
  std::optional<std::chrono::milliseconds> child_ended(time_point now) {
    while (!ended_.empty() && now - ended_.front() > limits_.window)
      ended_.pop_front();
    ended_.push_back(now);
    if (ended_.size() > limits_.restarts)
      return std::nullopt;
    if (ended_.size() == 1)
      return std::chrono::milliseconds{0};
    auto doublings = std::min<std::size_t>(ended_.size() - 2, 16);
    return std::min(limits_.longest_pause, limits_.first_pause * (1 << doublings));
  }

private:
  limits limits_{};
  std::deque<time_point> ended_;
};

} // namespace weir::actors
