#pragma once

#include "actors/application/settings.hpp"
#include "actors/batch_coordinator/rate_controller.hpp"

namespace weir::actors {

/// The `backpressure.*` settings as the controller takes them.
inline rate_controller::parameters rates_of(const settings& from) {
  rate_controller::parameters made;
  made.enabled = from.backpressure_enabled;
  made.initial_rate = from.backpressure_initial_rate;
  made.max_rate = from.backpressure_max_rate;
  made.pid.batch_interval = from.batch_interval;
  made.pid.proportional = from.backpressure_proportional;
  made.pid.integral = from.backpressure_integral;
  made.pid.derived = from.backpressure_derived;
  made.pid.min_rate = static_cast<double>(from.backpressure_min_rate);
  return made;
}

} // namespace weir::actors
