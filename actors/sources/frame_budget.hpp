#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace weir::actors {

/// What a piece of a frame is to the budget. A later kind may use more of it, and does not wait behind an earlier kind.
enum class piece_kind {
  of_large_frame,
  of_small_frame, ///< announced with no more than `frame_budget::small_frame_bytes`
  last,           ///< with it the frame is whole, and all its bytes have come: it is handed on at once
};

/// Who may hold how many bytes of ingest frames. A connection asks for each piece of a frame when that piece has come, so that announced bytes
/// cost nothing; a whole frame is handed on, and is held until its batch has committed. Pieces are granted in the order of asking, until
/// `limit` is held. Unfinished frames have bounds of their own, half of the limit for large ones and three quarters for small ones, so that
/// those who never finish do not stop those who do. So that waiting always ends, one frame at a time may go beyond these bounds, and
/// beyond the limit when nothing is handed on. Pure; one thread.
class frame_budget {
public:
  using asker = std::uint64_t;

  explicit frame_budget(std::uint64_t limit) : limit_{limit} {}

  /// The greatest payload of a small frame: frames of usual clients are small, also where the limit is.
  std::uint64_t small_frame_bytes() const { return std::min<std::uint64_t>(512 * 1024, limit_ / 8); }

  /// One more piece of `who`'s frame. True: granted at once. False: it waits; a later call names it.
  bool ask(asker who, std::uint64_t bytes, piece_kind kind = piece_kind::last) {
    request wanted{who, bytes, kind};
    if ((waiting_.empty() || beyond_ == who || passes_waiting(kind)) && fits(wanted)) {
      grant(wanted);
      return true;
    }
    waiting_.push_back(wanted);
    return false;
  }

  /// The frame of `who` is whole: what was granted for it stays held until it is released. Returns how much that is. Ask `grant_waiting`
  /// then: unfinished frames hold less.
  std::uint64_t hand_on(asker who) {
    auto bytes = take_unfinished(who);
    handed_on_ += bytes;
    return bytes;
  }

  /// Gives back what was handed on; returns those who are granted theirs now.
  std::vector<asker> release(std::uint64_t bytes) {
    handed_on_ -= std::min(handed_on_, bytes);
    return grant_waiting();
  }

  /// `who` gives up its unfinished frame and waits no longer; what it has handed on stays held.
  std::vector<asker> leave(asker who) {
    std::erase_if(waiting_, [who](const request& waiting) { return waiting.who == who; });
    take_unfinished(who);
    return grant_waiting();
  }

  /// While held back nobody is granted anything, not even the first. Returns those who are granted theirs now.
  std::vector<asker> hold_back(bool hold) {
    held_back_ = hold;
    return grant_waiting();
  }

  /// Grants what fits now, in the order of asking; returns whose it is. One that the limit stops stops all behind it; one that only a
  /// bound of unfinished frames stops lets later kinds pass.
  std::vector<asker> grant_waiting() {
    std::vector<asker> granted;
    if (held_back_ || waiting_.empty())
      return granted;
    // The one that may go beyond the bounds must not wait behind those who may not.
    if (beyond_)
      for (auto waiting = waiting_.begin(); waiting != waiting_.end(); ++waiting)
        if (waiting->who == *beyond_) {
          std::rotate(waiting_.begin(), waiting, waiting + 1);
          break;
        }
    std::deque<request> still_waiting;
    std::optional<piece_kind> stopped;
    for (auto& next : waiting_) {
      auto may_pass = !stopped || *stopped < next.kind;
      if (may_pass && fits(next)) {
        grant(next);
        granted.push_back(next.who);
        continue;
      }
      still_waiting.push_back(next);
      if (may_pass)
        stopped = within_limit(next) ? next.kind : piece_kind::last;
    }
    waiting_ = std::move(still_waiting);
    waits_ended_ += granted.size();
    return granted;
  }

  /// Others wait while unfinished frames hold more than a quarter of the limit. Then their owners should end them or go, whoever began first
  /// before the others. Those who wait for the budget themselves have done what they can, and are named only if `also_waiting`: when nobody gets on.
  std::vector<asker> holders_in_the_way(bool also_waiting = false) const {
    std::vector<asker> holders;
    if (waiting_.empty() || held_back_ || unfinished_bytes_ <= limit_ / 4)
      return holders;
    for (auto& [order, who] : begun_)
      if (also_waiting ||
          std::none_of(waiting_.begin(), waiting_.end(), [who = who](auto& each) { return each.who == who; }))
        holders.push_back(who);
    return holders;
  }

  /// The first that waits is not stopped by what was handed on: only unfinished frames are in its way.
  bool waits_for_unfinished() const {
    return !held_back_ && !waiting_.empty() && within_limit_of_handed_on(waiting_.front());
  }
  bool anyone_waits() const { return !waiting_.empty(); }
  /// How many waits have ended by a grant: while it grows, somebody gets on.
  std::uint64_t waits_ended() const { return waits_ended_; }
  std::uint64_t held() const { return handed_on_ + unfinished_bytes_; }
  std::uint64_t unfinished() const { return unfinished_bytes_; }

private:
  struct request {
    asker who;
    std::uint64_t bytes;
    piece_kind kind;
  };
  struct frame {
    std::uint64_t order = 0; ///< when it began, among all frames
    std::uint64_t bytes = 0;
  };

  bool within_limit(const request& wanted) const { return held() <= limit_ && wanted.bytes <= limit_ - held(); }
  bool within_limit_of_handed_on(const request& wanted) const {
    return handed_on_ == 0 || (handed_on_ <= limit_ && wanted.bytes <= limit_ - handed_on_);
  }

  bool within_bounds(const request& wanted) const {
    if (!within_limit(wanted))
      return false;
    switch (wanted.kind) {
      case piece_kind::of_large_frame: return unfinished_bytes_ + wanted.bytes <= limit_ / 2;
      case piece_kind::of_small_frame: return unfinished_bytes_ + wanted.bytes <= limit_ - limit_ / 4;
      case piece_kind::last: break;
    }
    return true;
  }

  bool fits(const request& wanted) const {
    if (held_back_)
      return false;
    if (within_bounds(wanted))
      return true;
    return beyond_ ? *beyond_ == wanted.who : handed_on_ == 0 || within_limit(wanted);
  }

  bool passes_waiting(piece_kind kind) const {
    return std::all_of(waiting_.begin(), waiting_.end(),
                       [this, kind](auto& each) { return each.kind < kind && within_limit(each); });
  }

  void grant(const request& granted) {
    auto [who, bytes, kind] = granted;
    if (!within_bounds(granted))
      beyond_ = who;
    auto [entry, is_new] = frames_.try_emplace(who);
    if (is_new) {
      entry->second.order = ++last_order_;
      begun_.emplace(entry->second.order, who);
    }
    entry->second.bytes += bytes;
    unfinished_bytes_ += bytes;
  }

  std::uint64_t take_unfinished(asker who) {
    auto entry = frames_.find(who);
    if (entry == frames_.end())
      return 0;
    auto bytes = entry->second.bytes;
    unfinished_bytes_ -= bytes;
    begun_.erase(entry->second.order);
    frames_.erase(entry);
    if (beyond_ == who)
      beyond_.reset();
    return bytes;
  }

  std::uint64_t limit_;
  std::uint64_t handed_on_ = 0;
  std::uint64_t unfinished_bytes_ = 0;
  bool held_back_ = false;
  std::optional<asker> beyond_;          ///< the one whose frame may go beyond the bounds
  std::map<asker, frame> frames_;        ///< unfinished ones that were granted something
  std::map<std::uint64_t, asker> begun_; ///< the same, in the order in which they began
  std::uint64_t last_order_ = 0;
  std::uint64_t waits_ended_ = 0;
  std::deque<request> waiting_;
};

} // namespace weir::actors
