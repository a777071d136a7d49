#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <vector>

#include "libstream/base/event_time.hpp"

namespace weir::acceptance {

/// Which batch of a run is which: an input that is asked for a new time is asked for the next batch. The real runtime leaves out times
/// when it is late, so elements go by number and not by time. Batches come one after the other. Any thread.
class batch_numbers {
public:
  /// From 0. Gives a new number to a time that was never asked for; throws if that is no later than the last.
  std::size_t of(event_time time) {
    std::lock_guard guard{mutex_};
    auto known = numbers_.find(time);
    if (known != numbers_.end())
      return known->second;
    if (!numbers_.empty() && time < numbers_.rbegin()->first)
      throw std::logic_error{"a batch came after a later one"};
    auto number = numbers_.size();
    times_.push_back(time);
    return numbers_.emplace(time, number).first->second;
  }
  /// Without giving a new one.
  std::optional<std::size_t> known(event_time time) const {
    std::lock_guard guard{mutex_};
    auto found = numbers_.find(time);
    return found == numbers_.end() ? std::nullopt : std::optional{found->second};
  }
  /// The time of a batch that was asked for.
  event_time time_of(std::size_t number) const {
    std::lock_guard guard{mutex_};
    return times_.at(number);
  }

private:
  mutable std::mutex mutex_;
  std::map<event_time, std::size_t> numbers_;
  std::vector<event_time> times_; ///< by number
};

} // namespace weir::acceptance
