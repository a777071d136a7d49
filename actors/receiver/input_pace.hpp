#pragma once

#include <algorithm>
#include <functional>
#include <utility>

#include "actors/batch_coordinator/rate_settings.hpp"
#include "actors/receiver/protocol.hpp"
#include "actors/receiver/rate_gate.hpp"

namespace weir::actors {

/// Keeps a receiver to its rate: the first one of the settings, then what coordinators say. `hold_back` tells its source to wait or to go
/// on; `look_again` asks for a call of `waited` after that pause. For the receiver's thread.
class input_pace {
public:
  using time_point = rate_gate::time_point;
  using duration = token_bucket::duration;

  input_pace(const settings& from, time_point now, std::function<void(bool)> hold_back,
             std::function<void(duration)> look_again)
    : gate_{std::min<std::chrono::microseconds>(from.batch_interval, std::chrono::seconds{1})},
      hold_back_{std::move(hold_back)},
      look_again_{std::move(look_again)} {
    gate_.set_rate(rate_controller::first_rate(rates_of(from)), now);
  }

  /// An older coordinator's word no longer counts.
  void limit(const limit_rate& message, time_point now) {
    if (message.coordinator < limited_by_)
      return;
    limited_by_ = message.coordinator;
    gate_.set_rate(message.records_per_s, now);
    look(now);
  }
  void took(std::uint64_t records, time_point now) {
    gate_.took(records, now);
    look(now);
  }
  void waited(time_point now) {
    gate_.waited();
    look(now);
  }
  std::uint64_t rate() const { return gate_.rate(); }

private:
  void look(time_point now) {
    auto decided = gate_.look(now);
    if (decided.hold_back)
      hold_back_(*decided.hold_back);
    if (decided.look_again)
      look_again_(*decided.look_again);
  }

  rate_gate gate_;
  weir::epoch limited_by_; ///< the coordinator that last set the rate
  std::function<void(bool)> hold_back_;
  std::function<void(duration)> look_again_;
};

} // namespace weir::actors
