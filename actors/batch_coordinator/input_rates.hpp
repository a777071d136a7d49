#pragma once

#include <map>
#include <utility>
#include <vector>

#include "actors/batch_coordinator/batch_times.hpp"
#include "actors/batch_coordinator/coordinator_facts.hpp"
#include "actors/batch_coordinator/count_ahead.hpp"
#include "actors/batch_coordinator/input_queue.hpp"
#include "actors/batch_coordinator/messages.hpp"
#include "actors/batch_coordinator/replay_pace.hpp"

namespace weir::actors {

/// Keeps inputs that can be read again to their rates: it says how much of each the next batch may take. Receivers keep to theirs themselves.
/// A greatest rate is a promise, which an estimate by bytes would break whenever records become shorter: there it has the records counted
/// first. Pure; one thread; times come from the actor clock.
class input_rates {
public:
  using time_point = replay_pace::time_point;
  using questions = std::vector<std::pair<input_id, count_ahead::question>>;

  input_rates(const coordinator_facts& facts, time_point now);

  /// Before a batch takes its share of `queue`. False: records of an input are being counted first.
  bool allow(input_queue& queue, time_point now);
  /// The answer to a question. True: the batch need not wait for it any more.
  bool counted(const offsets_counted& message, const input_queue& queue);
  /// What receivers shall count, of all that was not asked yet.
  questions take_questions() { return std::exchange(new_questions_, {}); }
  /// What they were asked and have not answered.
  questions open_questions() const;
  /// Nothing more is taken, so nothing more is counted.
  void drain();

  void sealed(batch_id batch, const std::map<input_id, input_queue::amount>& shares);
  /// `summary`: what it has really taken.
  void computed(const batch_summary& summary);
  /// False if the input's receiver must be told instead.
  bool set_rate(input_id input, std::uint64_t rate, time_point now);
  bool paces(input_id input) const { return paces_.contains(input); }

private:
  bool allow_counted(input_id input, input_queue& queue, time_point now);
  bool ask(input_id input, const input_queue& queue, std::uint64_t bytes, std::uint64_t records);

  bool counts_ahead_; ///< there is a greatest rate, and the application does not drain
  std::map<input_id, replay_pace> paces_;
  std::map<input_id, count_ahead> counts_; ///< of those whose records are counted before they are sealed
  questions new_questions_;
};

} // namespace weir::actors
