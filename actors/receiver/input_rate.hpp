#pragma once

#include <cstdint>

#include "actors/batch_coordinator/rate_settings.hpp"
#include "actors/receiver/protocol.hpp"

namespace weir::actors {

/// The rate that an input is held to: the first one of the settings, then what coordinators say. Pure; one thread.
class input_rate {
public:
  explicit input_rate(const settings& from) : records_per_s_{rate_controller::first_rate(rates_of(from))} {}

  /// False: an older coordinator's word no longer counts.
  bool heard(const limit_rate& message) {
    if (message.coordinator < set_by_)
      return false;
    set_by_ = message.coordinator;
    records_per_s_ = message.records_per_s;
    return true;
  }
  /// 0 = none.
  std::uint64_t records_per_s() const { return records_per_s_; }

private:
  std::uint64_t records_per_s_;
  weir::epoch set_by_;
};

} // namespace weir::actors
