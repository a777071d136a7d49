#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include "libstream/log/batch_calendar.hpp"

namespace weir::actors {

/// When a batch is due: once each multiple of the interval, when something waits. Its number and its time come from the calendar, which follows
/// the wall clock; pace follows the steady clock, so that a wall clock that jumps neither stops batches nor lets them run away. Pure; one
/// thread.
///
/// The clock runs a little behind, so that blocks that are cut at a multiple of the interval are in the batch of that multiple.
/// What comes just too late for it is taken all the same as long as the batch was not sealed: an idle application answers at once.
class batch_clock {
public:
  using microseconds = std::chrono::microseconds;
  using time_point = std::chrono::steady_clock::time_point;
  struct moment {
    time_point steady;
    std::int64_t wall_us = 0;
  };

  explicit batch_clock(microseconds interval)
    : calendar_{interval},
      interval_{interval},
      behind_{std::min(interval / 16, microseconds{200})},
      grace_{std::min(interval / 2, microseconds{5'000})} {}

  /// The newest batch that was ever sealed.
  void last_was(const log::batch_calendar::entry& last) { calendar_.last_was(last); }
  /// Input waits, from now on if none did.
  void arrived(const moment& now) {
    if (!waiting_since_)
      waiting_since_ = now.steady;
  }

  /// Whether a batch may be sealed now. `always`: also without input.
  bool due(const moment& now, bool always) const {
    auto boundary = now.steady - past(now);
    if ((sealed_at_ && *sealed_at_ >= boundary) || calendar_.has_given(now.wall_us - behind_.count()))
      return false;
    return waiting_since_ ? *waiting_since_ < boundary + grace_ : always;
  }

  struct numbered {
    batch_id number;
    std::int64_t time_ms = 0;
    batch_id before; ///< the number given last
  };
  /// Gives the number of the batch that is sealed now. `more`: input is left that did not fit.
  numbered seal(const moment& now, bool more) {
    auto before = calendar_.last().number;
    auto next = calendar_.next(now.wall_us - behind_.count());
    calendar_.last_was(next);
    sealed_at_ = now.steady;
    if (!more)
      waiting_since_.reset();
    return {next.number, next.time_ms, before};
  }

  /// From now to when the next batch may become due.
  microseconds until_next(const moment& now) const { return interval_ - past(now); }

private:
  /// Since the last multiple of the interval.
  microseconds past(const moment& now) const {
    return microseconds{(now.wall_us - behind_.count()) % interval_.count()};
  }

  log::batch_calendar calendar_;
  microseconds interval_;
  microseconds behind_;
  microseconds grace_;
  std::optional<time_point> sealed_at_;
  std::optional<time_point> waiting_since_;
};

} // namespace weir::actors
