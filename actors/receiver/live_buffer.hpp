#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actors/sources/feed.hpp"
#include "libstream/base/token_bucket.hpp"
#include "libstream/plan/live_source.hpp"

namespace weir::actors {

/// Records that a source of the program's own has stored, on their way to the receiver: which may come in, what they cost until they are
/// released, and who waits to hear that they are durable.
///
///   put ──▶ pending ──group is full, or flush──▶ given ──release──▶ no longer held
///   put_durable ──▶ given, behind what is pending, with a ticket ──settle, or abandon──▶ whoever waits is told
///
/// A pure class: nobody waits in it and nobody is called, times come from its owner, and so does the lock. Records are given in the order in
/// which they were put.
class live_buffer {
public:
  using time_point = token_bucket::time_point;
  using duration = std::chrono::microseconds;
  using durable_function = std::function<void(result<void>)>;

  struct bounds {
    std::uint64_t budget_bytes = 0; ///< put and not released; once it is reached nothing comes in
    std::size_t max_record_bytes = 0;
  };
  /// Whether the rate counts. It does not for whoever is being stopped: what it took has to come in.
  enum class pacing { at_rate, at_once };

  /// `name` is how people know the input.
  live_buffer(std::string name, const bounds& given) : name_{std::move(name)}, bounds_{given} {}

  // -- coming in

  /// Nothing if a record may come in now; else how long to wait at most until this is asked again.
  std::optional<duration> wait_for_room(time_point now);

  enum class outcome {
    waits,        ///< until its group is given
    begins_group, ///< the same, and `flush` has to be called soon
    given,        ///< with its group
    skipped,      ///< it is longer than a record may be
    no_room,
  };
  /// One record, or several that are one frame each. The rate is not asked: what comes is paid for later.
  outcome put(std::string_view frames, std::uint64_t count, time_point now);
  /// Why `put_durable` may not be called with these now; they will come again.
  std::optional<error> refusal(std::string_view frames, time_point now, pacing how);
  /// Records of which `then` waits to hear. Call `refusal` first.
  void put_durable(std::string_view frames, std::uint64_t count, const plan::record_numbers& numbers, time_point now,
                   durable_function then);

  // -- going on to the receiver

  /// Gives what is pending, although its group is not full.
  void flush();
  /// What the receiver is to get, oldest first.
  std::vector<fed_records> take_given() { return std::exchange(given_, {}); }

  // -- what the receiver says

  void release(std::uint64_t bytes) { held_ -= std::min(held_, bytes); }
  void limit(std::uint64_t records_per_s, time_point now) { bucket_.set_rate(records_per_s, now); }
  /// Who waits for this ticket, once; null if nobody does.
  durable_function settle(std::uint64_t ticket);
  /// All who still wait, in the order of their tickets: nothing will be known of their records here.
  std::vector<durable_function> abandon();

  // -- for people and for `--stop-when-idle`

  /// A sentence whenever the number of skipped records has doubled.
  std::optional<std::string> report_of_skipped() const;
  /// Since this was asked last. Also what was refused: it will come again.
  bool has_something_come() { return std::exchange(came_, false); }
  void something_came() { came_ = true; }

private:
  bool is_full() const { return held_ >= bounds_.budget_bytes; }
  bool is_too_fast(time_point now) { return bucket_.available(now) == 0; }
  bool fits(std::optional<std::string_view> record) const {
    return record && record->size() <= bounds_.max_record_bytes;
  }

  std::string name_;
  bounds bounds_;
  std::string pending_; ///< frames
  std::uint64_t pending_count_ = 0;
  std::uint64_t held_ = 0; ///< of what is pending, given and not released
  std::vector<fed_records> given_;
  token_bucket bucket_;
  std::uint64_t skipped_ = 0;
  bool came_ = false;
  std::uint64_t last_ticket_ = 0;
  std::map<std::uint64_t, durable_function> waiting_; ///< by ticket
};

} // namespace weir::actors
