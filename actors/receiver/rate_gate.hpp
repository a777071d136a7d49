#pragma once

#include "actors/receiver/token_bucket.hpp"

namespace weir::actors {

/// When a receiver's server must leave its sockets unread, so that the rate is kept. Pure; one thread. Records that were already on their way
/// when it closed are taken all the same and owed.
class rate_gate {
public:
  using time_point = token_bucket::time_point;

  struct decision {
    std::optional<bool> hold_back;                    ///< tell the server, if it has changed
    std::optional<token_bucket::duration> look_again; ///< then say `waited` and ask again
  };

  explicit rate_gate(token_bucket::duration burst) : bucket_{burst} {}

  void set_rate(std::uint64_t records_per_s, time_point now) { bucket_.set_rate(records_per_s, now); }
  std::uint64_t rate() const { return bucket_.rate(); }
  void took(std::uint64_t records, time_point now) { bucket_.take(records, now); }
  void waited() { waiting_ = false; }

  decision look(time_point now) {
    decision made;
    auto wait = bucket_.wait(now);
    if (wait.has_value() != closed_)
      made.hold_back = closed_ = wait.has_value();
    // A timer that is on its way looks again; a rate that has risen meanwhile opens at once, without it.
    if (wait && !waiting_) {
      waiting_ = true;
      made.look_again = std::clamp(*wait, shortest_wait, longest_wait);
    }
    return made;
  }

private:
  /// So that fast producers do not make a timer of each pack; and a rate that rises is noticed.
  static constexpr token_bucket::duration shortest_wait{1'000};
  static constexpr token_bucket::duration longest_wait{1'000'000};

  token_bucket bucket_;
  bool closed_ = false;
  bool waiting_ = false;
};

} // namespace weir::actors
