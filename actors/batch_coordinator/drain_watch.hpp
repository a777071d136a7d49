#pragma once

#include <chrono>
#include <map>
#include <optional>

#include "actors/batch_coordinator/input_queue.hpp"
#include "libstream/base/ids.hpp"

namespace weir::actors {

/// Whether an application may end: every input has been drained and all of it was taken, or nothing has happened for so long. Pure; one thread.
class drain_watch {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// A receiver begins with this epoch of its input: what older ones said is over.
  void opened(input_id input, weir::epoch owner) {
    auto& newest = newest_[input];
    if (owner <= newest)
      return;
    newest = owner;
    drained_.erase(input);
    at_rest_[input] = false;
  }

  /// An input takes no more; this is the last block of its epoch. The word of an older epoch counts no more.
  void drained(input_id input, weir::epoch owner, block_sequence last) {
    if (auto newest = newest_.find(input); newest == newest_.end() || newest->second <= owner)
      drained_[input] = {owner, last};
  }
  bool has_drained(input_id input) const { return drained_.contains(input); }
  /// Every input has said its last word, and `queue` has heard of all of it.
  bool all_drained(std::size_t inputs, const input_queue& queue) const {
    for (std::uint32_t i = 0; i < inputs; ++i) {
      auto entry = drained_.find(input_id{i});
      if (entry == drained_.end() || !queue.knows_through(input_id{i}, entry->second.first, entry->second.second))
        return false;
    }
    return true;
  }

  void activity(input_id input, bool at_rest) { at_rest_[input] = at_rest; }
  /// Something waits.
  void busy() { idle_since_.reset(); }
  /// `nothing_open`: no batch that has input. Whether everything has rested for `limit`.
  bool idle_for(std::chrono::microseconds limit, std::size_t inputs, bool nothing_open, time_point now) {
    auto idle = nothing_open;
    for (std::uint32_t i = 0; i < inputs; ++i)
      idle = idle && at_rest_[input_id{i}];
    if (!idle)
      idle_since_.reset();
    else if (!idle_since_)
      idle_since_ = now;
    else
      return now - *idle_since_ >= limit;
    return false;
  }

private:
  std::map<input_id, weir::epoch> newest_; ///< of inputs whose epochs were opened here
  std::map<input_id, std::pair<weir::epoch, block_sequence>> drained_;
  std::map<input_id, bool> at_rest_;
  std::optional<time_point> idle_since_;
};

} // namespace weir::actors
