#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

namespace weir {

/// How many records may come in now, so that a rate is kept. What is not used is saved up for `burst`, and one record more: with the usual
/// burst no more than 1.05 times the rate and one record come over any second, and a thread that wakes a little late loses nothing. Whoever
/// cannot be cut (a batch that is stored whole) may take more than there is: the rest is owed, and nothing else comes until it is paid. Pure;
/// times come from the owner's clock, one that does not go back. One thread.
class token_bucket {
public:
  using time_point = std::chrono::steady_clock::time_point;
  using duration = std::chrono::microseconds;

  static constexpr duration usual_burst{50'000};
  static constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

  explicit token_bucket(duration burst = usual_burst) : burst_{burst} {}

  /// Records a second; 0 = as fast as they come. What is owed stays owed, unless the rate becomes unlimited.
  void set_rate(std::uint64_t records_per_s, time_point now) {
    refill(now);
    auto had_none = std::exchange(rate_, records_per_s) == 0;
    tokens_ = had_none ? most() : std::min(tokens_, most());
  }
  std::uint64_t rate() const { return rate_; }
  /// What comes in `burst` at the rate.
  double burst_records() const { return static_cast<double>(rate_) * std::chrono::duration<double>(burst_).count(); }

  /// Records that may come now.
  std::uint64_t available(time_point now) {
    if (rate_ == 0)
      return unlimited;
    auto saved = tokens(now);
    return saved < 1 ? 0 : static_cast<std::uint64_t>(saved);
  }
  /// The same with the part of a record that is saved up. Negative: owed. Only with a rate.
  double tokens(time_point now) {
    refill(now);
    return tokens_;
  }

  void take(std::uint64_t records, time_point now) {
    refill(now);
    give_back(-static_cast<double>(records));
  }
  /// Of records that were taken and did not come; negative: more came than were taken.
  void give_back(double records) {
    if (rate_ > 0)
      tokens_ = std::min(tokens_ + records, most());
  }

  /// How long until one record may come; zero if it may come now.
  duration wait(time_point now) {
    if (available(now) > 0)
      return duration{0};
    auto seconds = (1 - tokens_) / static_cast<double>(rate_);
    return duration{static_cast<duration::rep>(std::min(seconds * 1e6, 1e12)) + 1};
  }

private:
  /// Fractions of a record are not lost.
  double most() const { return 1 + burst_records(); }
  void refill(time_point now) {
    auto passed = last_ && now > *last_ ? std::chrono::duration<double>(now - *last_).count() : 0.0;
    last_ = last_ ? std::max(*last_, now) : now;
    give_back(passed * static_cast<double>(rate_));
  }

  duration burst_;
  std::uint64_t rate_ = 0;
  double tokens_ = 0; ///< negative: owed
  std::optional<time_point> last_;
};

} // namespace weir
