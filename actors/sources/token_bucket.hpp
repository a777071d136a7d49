#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>

namespace weir::actors {

/// How many records may come in now, so that a rate is kept. What is not used is saved up for `burst`, and one record more, so that over any
/// second no more than 1.05 times the rate and one record come, and a thread that wakes a little late loses nothing. Whoever cannot be cut (a batch that is
/// stored whole) may take more than there is: the rest is owed, and nothing else comes until it is paid. Pure; times come from the owner's
/// clock, one that does not go back. One thread.
class token_bucket {
public:
  using time_point = std::chrono::steady_clock::time_point;
  using duration = std::chrono::microseconds;

  static constexpr duration burst{50'000};
  static constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

  /// Records a second; 0 = as fast as they come. What is owed stays owed, unless the rate becomes unlimited.
  void set_rate(std::uint64_t records_per_s, time_point now) {
    refill(now);
    if (rate_ == 0)
      tokens_ = most(records_per_s);
    rate_ = records_per_s;
    tokens_ = std::min(tokens_, most(rate_));
  }
  std::uint64_t rate() const { return rate_; }

  /// Records that may come now.
  std::uint64_t available(time_point now) {
    if (rate_ == 0)
      return unlimited;
    refill(now);
    return tokens_ < 1 ? 0 : static_cast<std::uint64_t>(tokens_);
  }

  void take(std::uint64_t records, time_point now) {
    if (rate_ == 0)
      return;
    refill(now);
    tokens_ -= static_cast<double>(records);
  }

  /// How long until one record may come; zero if it may come now.
  duration wait(time_point now) {
    if (available(now) > 0)
      return duration{0};
    auto seconds = (1 - tokens_) / static_cast<double>(rate_);
    return duration{static_cast<duration::rep>(std::min(seconds * 1e6, 1e12)) + 1};
  }

private:
  static double most(std::uint64_t rate) {
    return 1 + static_cast<double>(rate) * std::chrono::duration<double>(burst).count();
  }
  void refill(time_point now) {
    auto passed = last_ && now > *last_ ? std::chrono::duration<double>(now - *last_).count() : 0.0;
    last_ = last_ ? std::max(*last_, now) : now;
    if (rate_ > 0)
      tokens_ = std::min(tokens_ + passed * static_cast<double>(rate_), most(rate_));
  }

  std::uint64_t rate_ = 0;
  double tokens_ = 0; ///< negative: owed
  std::optional<time_point> last_;
};

} // namespace weir::actors
