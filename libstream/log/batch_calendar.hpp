#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>

#include "libstream/base/ids.hpp"

namespace weir::log {

/// Gives each batch its number and its time, which are two things: the number names the batch, the time says which interval it ends. Both
/// rise, whatever the interval was before, whatever the wall clock does, and however often the application was started again. Pure.
///
/// * A time is a multiple of the present interval: the last one that is not in the future, or the first one behind the last batch.
/// * A number rises by as many intervals as have passed since the batch before, by one at least.
class batch_calendar {
public:
  struct entry {
    batch_id number;
    std::int64_t time_ms = 0;

    bool operator==(const entry&) const = default;
  };

  /// An interval is at least a millisecond.
  explicit batch_calendar(std::chrono::microseconds interval) : interval_us_{interval.count()} {}

  /// The newest batch that was ever given; number 0 = none.
  void last_was(const entry& last) { last_ = last; }
  const entry& last() const { return last_; }

  /// Number and time of a batch that is sealed now. Times are microseconds since 1970; a clock that stands before that counts as 1970.
  entry next(std::int64_t now_us) const {
    now_us = std::max<std::int64_t>(0, now_us);
    auto time_ms = std::max(at(now_us / interval_us_), first_behind(last_));
    if (last_.number.value == 0)
      return {batch_id{std::max<batch_id::rep>(1, intervals_in(time_ms))}, time_ms};
    auto is_far = last_.time_ms < 0 || furthest_ms <= last_.time_ms; // of a version in which times could overflow
    auto passed = is_far ? 0 : intervals_in(time_ms) - intervals_in(last_.time_ms);
    return {batch_id{last_.number.value + std::max<batch_id::rep>(1, passed)}, time_ms};
  }
  /// Whether the batch that is due now was given before. Not if the wall clock was set back by an interval or more: batches do not wait for it.
  bool has_given(std::int64_t now_us) const {
    now_us = std::max<std::int64_t>(0, now_us);
    auto now_ms = now_us / 1000;
    return last_.number.value > 0 && at(now_us / interval_us_) <= last_.time_ms &&
           last_.time_ms - now_ms < interval_us_ / 1000;
  }

private:
  /// No sum of a time and an interval overflows below it.
  static constexpr std::int64_t furthest_ms = std::numeric_limits<std::int64_t>::max() / 1000 - 10'000'000'000;

  std::int64_t at(std::int64_t intervals) const { return intervals * interval_us_ / 1000; }
  batch_id::rep intervals_in(std::int64_t time_ms) const {
    return static_cast<batch_id::rep>((time_ms * 1000 + 999) / interval_us_);
  }
  std::int64_t first_behind(const entry& last) const {
    if (last.number.value == 0)
      return std::numeric_limits<std::int64_t>::min();
    if (last.time_ms < 0)
      return 0;
    if (last.time_ms >= furthest_ms)
      return last.time_ms + 1;
    return at((last.time_ms * 1000 + 999) / interval_us_ + 1);
  }

  std::int64_t interval_us_;
  entry last_;
};

} // namespace weir::log
