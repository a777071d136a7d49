#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include "libstream/base/error.hpp"

namespace weir::actors {

/// How many records a second an input should bring, from how the last batch went: a proportional-integral-derivative controller with Spark
/// Streaming's formula and defaults (PIDRateEstimator.scala). Pure; one thread; one for each input.
///
/// * error = last rate − processing rate: what was too much.
/// * scheduling delay × processing rate ∕ batch interval: what waits already.
/// * The first batch sets the rate to what was processed and yields nothing.
class pid_rate_estimator {
public:
  using microseconds = std::chrono::microseconds;

  struct parameters {
    microseconds batch_interval{100'000};
    double proportional = 1.0;
    double integral = 0.2;
    double derived = 0.0;
    double min_rate = 100;
  };

  /// Error 78: an interval or least rate that is not positive, a negative factor.
  static result<pid_rate_estimator> make(const parameters& given) {
    auto refuse = [](const char* what, const char* where) {
      return fail(error_code::configuration, what, where, "give a greater value");
    };
    if (given.batch_interval.count() <= 0)
      return refuse("must be more than zero", "batch_interval");
    if (!(given.proportional >= 0))
      return refuse("must not be negative", "backpressure.proportional");
    if (!(given.integral >= 0))
      return refuse("must not be negative", "backpressure.integral");
    if (!(given.derived >= 0))
      return refuse("must not be negative", "backpressure.derived");
    if (!(given.min_rate > 0))
      return refuse("must be more than zero", "backpressure.min_rate");
    return pid_rate_estimator{given};
  }

  /// A batch has ended at `time`, of any clock that does not go back. The new rate in records a second; nothing if the batch says nothing
  /// (no records, no time, not later than the last one) or is the first.
  std::optional<double> batch_ended(microseconds time, std::int64_t records, microseconds processing_delay,
                                    microseconds scheduling_delay) {
    if ((latest_time_ && time <= *latest_time_) || records <= 0 || processing_delay.count() <= 0)
      return std::nullopt;
    auto processing_rate = static_cast<double>(records) / seconds(processing_delay);
    if (!latest_time_) {
      latest_time_ = time;
      latest_rate_ = processing_rate;
      return std::nullopt;
    }
    auto error = latest_rate_ - processing_rate;
    auto waiting = seconds(scheduling_delay) * processing_rate / seconds(given_.batch_interval);
    auto change = (error - latest_error_) / seconds(time - *latest_time_);
    latest_time_ = time;
    latest_rate_ = std::max(given_.min_rate, latest_rate_ - given_.proportional * error - given_.integral * waiting -
                                               given_.derived * change);
    latest_error_ = error;
    return latest_rate_;
  }

private:
  explicit pid_rate_estimator(const parameters& given) : given_{given} {}
  static double seconds(microseconds time) { return static_cast<double>(time.count()) / 1e6; }

  parameters given_;
  std::optional<microseconds> latest_time_;
  double latest_rate_ = 0;
  double latest_error_ = 0;
};

} // namespace weir::actors
