#pragma once

#include <cstdint>
#include <deque>
#include <utility>

#include "actors/batch_coordinator/messages.hpp"
#include "actors/node/newest_coordinator.hpp"
#include "actors/receiver/messages.hpp"

namespace weir::actors {

/// What one incarnation of a receiver and its coordinator have said to each other, so that what comes late, twice or not at all does no harm. The
/// coordinator asks for a report; what is found then is numbered, and kept until it was taken. Pure; one thread.
class coordinator_line {
public:
  coordinator_line(input_id input, std::uint64_t incarnation) : input_{input}, incarnation_{incarnation} {}

  enum class hears {
    nothing, ///< new: it was said before, or by an older coordinator
    who,     ///< it is asked who it is, or what it does: `activity` is the answer
    anew     ///< all that the coordinator must know is to be said
  };

  hears hear(const report_input& message) {
    if (!coordinator_.hears(message.coordinator))
      return hears::nothing;
    newest_ = std::max(newest_, message.newest);
    std::pair asked{message.coordinator, message.report};
    if (message.incarnation != incarnation_ || asked == report_)
      return hears::who;
    if (asked < report_)
      return hears::nothing;
    report_ = asked;
    activities_ = offsets_ = 0;
    untaken_.clear();
    return hears::anew;
  }
  /// False: an older coordinator has said it.
  bool hear(const drain_input& message) { return coordinator_.hears(message.coordinator); }
  bool hear(const count_offsets& message) { return coordinator_.hears(message.coordinator); }

  void hear(const offsets_taken& message) {
    if (message.incarnation != incarnation_ || std::pair{message.coordinator, message.report} != report_)
      return;
    while (!untaken_.empty() && untaken_.front().number <= message.through)
      untaken_.pop_front();
  }

  /// Whether a coordinator has asked this incarnation for a report.
  bool is_asked() const { return report_.first.value != 0; }

  /// Wants the next epoch.
  open_input opening() const { return {input_, incarnation_, newest_}; }
  /// The last block of this epoch is `through`, if there is one.
  input_activity activity(bool at_rest, weir::epoch of = {}, block_sequence through = {}) {
    return {input_, at_rest, report_.first, incarnation_, report_.second, ++activities_, offsets_, of, through};
  }
  /// Numbers it, and keeps it until it is taken. Only once there is a report.
  const offsets_found& found(offsets_found news) {
    news.coordinator = report_.first;
    news.incarnation = incarnation_;
    news.report = report_.second;
    news.number = ++offsets_;
    return untaken_.emplace_back(std::move(news));
  }
  const std::deque<offsets_found>& untaken() const { return untaken_; }

private:
  input_id input_;
  std::uint64_t incarnation_;
  newest_coordinator coordinator_;
  weir::epoch newest_; ///< of the input, as far as it was said
  std::pair<weir::epoch, std::uint64_t> report_;
  std::uint64_t activities_ = 0;
  std::uint64_t offsets_ = 0;
  std::deque<offsets_found> untaken_;
};

} // namespace weir::actors
