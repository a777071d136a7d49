#pragma once

#include <map>
#include <optional>

#include "actors/application/first_rate.hpp"
#include "actors/batch_coordinator/pid_rate_estimator.hpp"
#include "libstream/base/ids.hpp"

namespace weir::actors {

/// How fast each input may bring records, when `backpressure.enabled` or a greatest rate is set. Pure; one thread.
///
/// Batches overlap here, which Spark's do not: while one is committed the next is computed. So a batch's processing delay, for the estimator,
/// is the time for which it had the executors to itself: from its start, or the end of the batch before if that came later, to the end of
/// its last task; and its scheduling delay is the time from when it was due to that start. What commits and outputs cannot follow is held
/// back by the bounds on what may be uncommitted and unpublished; such a pause counts as scheduling delay.
class rate_controller {
public:
  using microseconds = std::chrono::microseconds;

  struct parameters {
    bool enabled = false;
    std::uint64_t initial_rate = 0; ///< records a second; 0 = `max_rate`
    std::uint64_t max_rate = 0;     ///< 0 = no bound
    pid_rate_estimator::parameters pid;
  };

  explicit rate_controller(const parameters& given) : given_{given} {}

  /// What an input may bring whose batches have said nothing yet; 0 = as much as it likes.
  static std::uint64_t first_rate(const parameters& given) {
    return actors::first_rate(given.enabled, given.initial_rate, given.max_rate);
  }

  /// A batch has been computed. Times are of one steady clock; in batch order. The input's new rate, if it has one now.
  std::optional<std::uint64_t> batch_computed(input_id input, std::uint64_t records, microseconds due,
                                              microseconds start, microseconds end, microseconds before_ended) {
    if (!given_.enabled)
      return std::nullopt;
    auto entry = estimators_.find(input);
    if (entry == estimators_.end()) {
      auto made = pid_rate_estimator::make(given_.pid);
      if (!made)
        return std::nullopt; // refused where settings are read
      entry = estimators_.emplace(input, std::move(*made)).first;
    }
    auto alone_since = std::max(start, before_ended);
    auto rate = entry->second.batch_ended(end, static_cast<std::int64_t>(records), end - alone_since,
                                          std::max(microseconds{0}, alone_since - due));
    if (!rate)
      return std::nullopt;
    auto whole = static_cast<std::uint64_t>(std::clamp(*rate, 1.0, 1e15));
    return rates_[input] = given_.max_rate > 0 ? std::min(whole, given_.max_rate) : whole;
  }

  /// The last one that was computed.
  std::optional<std::uint64_t> rate(input_id input) const {
    auto entry = rates_.find(input);
    return entry == rates_.end() ? std::nullopt : std::optional{entry->second};
  }

private:
  parameters given_;
  std::map<input_id, pid_rate_estimator> estimators_;
  std::map<input_id, std::uint64_t> rates_;
};

} // namespace weir::actors
