#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <vector>

#include "libstream/base/event_time.hpp"

namespace weir {

enum class queue_order {
  one_a_batch, ///< the oldest element
  all          ///< all elements that wait
};

/// Elements for the batches of a `queue_stream`: each is the records of a batch. Any thread.
template <class T>
class record_queue {
public:
  /// `otherwise`: what a batch has that finds the queue empty.
  explicit record_queue(std::vector<T> otherwise = {}) : otherwise_{std::move(otherwise)} {}

  void push(std::vector<T> records) {
    std::lock_guard guard{mutex_};
    waiting_.push_back(std::move(records));
  }
  /// How many elements wait.
  std::size_t size() const {
    std::lock_guard guard{mutex_};
    return waiting_.size();
  }

  /// What the batch of that time has: the same on every attempt.
  std::vector<T> take(event_time batch_time, queue_order how) {
    std::lock_guard guard{mutex_};
    auto known = taken_.find(batch_time);
    if (known != taken_.end())
      return known->second;
    auto records = waiting_.empty() ? otherwise_ : std::vector<T>{};
    for (auto left = how == queue_order::all ? waiting_.size() : std::min<std::size_t>(1, waiting_.size()); left > 0;
         --left) {
      records.insert(records.end(), waiting_.front().begin(), waiting_.front().end());
      waiting_.pop_front();
    }
    if (taken_.size() == most_kept)
      taken_.erase(taken_.begin());
    return taken_[batch_time] = std::move(records);
  }

private:
  static constexpr std::size_t most_kept = 64; ///< more batches than run at once

  std::vector<T> otherwise_;
  mutable std::mutex mutex_;
  std::deque<std::vector<T>> waiting_;
  std::map<event_time, std::vector<T>> taken_;
};

} // namespace weir
