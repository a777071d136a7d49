#pragma once

#include <iterator>
#include <map>
#include <string>

#include "actors/monitor/journal.hpp"
#include "actors/simulation/timeline.hpp"

namespace weir::actors::simulation {

/// Judges numbers and times of batches, which both rise, times near the wall clock whatever the interval was; and that no receiver takes more than
/// its rate allows. Pure.
class batch_watch {
public:
  static constexpr std::int64_t furthest_ahead_ms =
    120'000; ///< a drain gives many batches a time each; the wall clock may jump
  static constexpr std::int64_t furthest_behind_ms = 1'000;

  /// `most_per_s`: no input that is received may bring more records a second; 0 = as many as it likes.
  explicit batch_watch(std::uint64_t most_per_s) : rate_{static_cast<double>(most_per_s)} {}

  /// What is wrong with a batch that is sealed now; empty: nothing.
  std::string sealed(const batch_submission& batch, std::int64_t wall_ms) const {
    auto ahead = batch.time_ms - wall_ms;
    if (ahead <= furthest_ahead_ms && ahead >= -furthest_behind_ms)
      return {};
    return name(batch.batch) + " has a time " + std::to_string(ahead) + " ms from the wall clock";
  }

  /// Younger ones may be committed first: when what was asked of a log writer that died is asked again.
  std::string committed(const batch_summary& batch) {
    auto entry = times_.insert_or_assign(batch.batch, batch.time_ms).first;
    auto after = std::next(entry);
    if (entry != times_.begin() && std::prev(entry)->second >= entry->second)
      return name(entry->first) + " has a time that is not behind that of " + name(std::prev(entry)->first);
    if (after != times_.end() && after->second <= entry->second)
      return name(after->first) + " has a time that is not behind that of " + name(entry->first);
    return {};
  }

  /// A receiver begins anew, and may have saved up a little again.
  void started(input_id input, timeline::duration elapsed) { receivers_[input] = elapsed; }

  /// It has taken so many records since then. What it may save up is 50 ms of its rate, and one record.
  std::string counted(input_id input, std::uint64_t records, timeline::duration elapsed) {
    auto since = receivers_[input];
    auto allowed = rate_ * static_cast<double>((elapsed - since).count()) / 1e6;
    if (rate_ > 0 && static_cast<double>(records) > allowed + 0.05 * rate_ + 2)
      return "input " + std::to_string(input.value) + " has taken " + std::to_string(records) + " records in " +
             std::to_string((elapsed - since).count() / 1000) + " ms, which is too fast for its rate " +
             std::to_string(rate_);
    return {};
  }

private:
  static std::string name(batch_id batch) { return "batch " + std::to_string(batch.value); }

  double rate_;
  std::map<input_id, timeline::duration> receivers_; ///< since when
  std::map<batch_id, std::int64_t> times_;           ///< of committed batches
};

} // namespace weir::actors::simulation
