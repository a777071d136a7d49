#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

namespace weir::actors {

/// How fast records may come in. They come in packs, so taking is never refused: a pack that is larger than what is there makes a debt, and
/// the next one waits until it is paid. Over any time no more than the rate, plus one pack, plus what was saved up during the last `burst`.
/// Pure; times come from the actor clock. One thread.
class token_bucket {
public:
  using time_point = std::chrono::steady_clock::time_point;
  using duration = std::chrono::microseconds;

  explicit token_bucket(duration burst) : burst_{burst} {}

  /// 0 = as fast as they come. What was taken so far stays paid or owed.
  void set_rate(std::uint64_t records_per_s, time_point now) {
    refill(now);
    rate_ = records_per_s;
    refill(now);
  }
  std::uint64_t rate() const { return rate_; }

  void take(std::uint64_t records, time_point now) {
    refill(now);
    if (rate_ > 0)
      tokens_ -= static_cast<double>(records);
  }

  /// How long the next pack must wait; nothing if it may come now.
  std::optional<duration> wait(time_point now) {
    refill(now);
    if (rate_ == 0 || tokens_ >= 0)
      return std::nullopt;
    return duration{static_cast<duration::rep>(std::min(-tokens_ / static_cast<double>(rate_) * 1e6, 1e12)) + 1};
  }

private:
  void refill(time_point now) {
    if (!last_)
      last_ = now;
    auto passed = std::chrono::duration<double>(now - *last_).count();
    last_ = std::max(*last_, now);
    if (rate_ == 0) {
      tokens_ = 0;
      return;
    }
    auto most = static_cast<double>(rate_) * std::chrono::duration<double>(burst_).count();
    tokens_ = std::min(tokens_ + std::max(0.0, passed) * static_cast<double>(rate_), most);
  }

  duration burst_;
  std::uint64_t rate_ = 0;
  double tokens_ = 0; ///< negative: owed
  std::optional<time_point> last_;
};

} // namespace weir::actors
