#pragma once

#include <cstdint>
#include <utility>

#include "actors/application/first_rate.hpp"
#include "actors/application/settings.hpp"
#include "actors/receiver/protocol.hpp"

namespace weir::actors {

/// The rate that an input is held to: the first one of the settings, then what coordinators say. Pure; one thread.
class input_rate {
public:
  explicit input_rate(const settings& from)
    : records_per_s_{
        first_rate(from.backpressure_enabled, from.backpressure_initial_rate, from.backpressure_max_rate)} {}

  /// False: an older coordinator's word no longer counts, nor does an older word.
  bool heard(const limit_rate& message) {
    std::pair said{message.coordinator, message.number};
    if (said < set_by_)
      return false;
    set_by_ = said;
    records_per_s_ = message.records_per_s;
    return true;
  }
  /// 0 = none.
  std::uint64_t records_per_s() const { return records_per_s_; }

private:
  std::uint64_t records_per_s_;
  std::pair<weir::epoch, std::uint64_t> set_by_; ///< whose word it is, and which
};

} // namespace weir::actors
