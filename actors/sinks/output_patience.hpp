#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

namespace weir::actors {

/// How long an output may fail on one batch, and how long it waits before it tries again: longer each time. Also how often a person is told:
/// when it begins, once a minute while it lasts, and when it is over. Pure; one thread.
class output_patience {
public:
  using time_point = std::chrono::steady_clock::time_point;
  using milliseconds = std::chrono::milliseconds;
  static constexpr milliseconds first_pause{100};
  static constexpr milliseconds longest_pause{5'000};

  /// `limit`: from the first failure to the last attempt.
  explicit output_patience(milliseconds limit) : limit_{limit} {}

  /// One more failure. The pause before the next attempt; nothing: the limit is reached.
  std::optional<milliseconds> failed(time_point now) {
    if (count_++ == 0)
      since_ = now;
    auto doublings = std::min<std::uint32_t>(count_ - 1, 6); // no shift too far
    auto pause = std::min(longest_pause, first_pause * (1 << doublings));
    auto left = limit_ - lasted(now);
    return left.count() > 0 ? std::optional{std::min(pause, left)} : std::nullopt;
  }
  /// Whether a person is to be told of the last failure.
  bool may_tell(time_point now) {
    if (told_ && now - *told_ < between_words)
      return false;
    told_ = now;
    return announced_ = true;
  }
  /// The batch was published, or given up. Whether a person waits to hear of that.
  bool over() {
    count_ = 0;
    return std::exchange(announced_, false);
  }

  std::uint32_t count() const { return count_; }
  /// Since the first failure.
  milliseconds lasted(time_point now) const { return std::chrono::duration_cast<milliseconds>(now - since_); }

private:
  static constexpr std::chrono::seconds between_words{60};

  milliseconds limit_;
  std::uint32_t count_ = 0;
  time_point since_{};
  std::optional<time_point> told_; ///< the last time
  bool announced_ = false;         ///< the failures of this batch
};

} // namespace weir::actors
