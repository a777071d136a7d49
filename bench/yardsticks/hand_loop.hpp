#pragma once

#include <concepts>
#include <functional>
#include <memory>

#include "bench/digest.hpp"

namespace weir::bench {

/// A yardstick that is ready to run. `work(times)` computes a batch so many times, each time from nothing; `result()` tells what the
/// last one gave, and is not timed where the loop can tell it afterwards.
/// A loop keeps its tables from call to call. A table fresh from the system has to be paged in, which can take longer than all the
/// work in it, and takes a different time whenever it is done; Weir's memory is warm as well.
template <class Result>
struct hand_loop {
  std::function<void(int times)> work;
  std::function<Result()> result;

  hand_loop() = default;
  template <class Work, class Tell>
  hand_loop(Work working, Tell telling) : work{std::move(working)}, result{std::move(telling)} {}

  /// Of a function that works and tells at once.
  template <class Both>
    requires std::same_as<std::invoke_result_t<Both&, int>, Result>
  explicit hand_loop(Both both) {
    auto last = std::make_shared<Result>();
    work = [last, both = std::move(both)](int times) mutable { *last = both(times); };
    result = [last] { return *last; };
  }
};

/// What one computation gives.
template <class Result>
Result once(const hand_loop<Result>& loop) {
  loop.work(1);
  return loop.result();
}

} // namespace weir::bench
