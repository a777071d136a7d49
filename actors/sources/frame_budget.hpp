#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

namespace weir::actors {

/// Who may hold how many bytes of ingest frames. A connection asks for each piece of a frame when that piece has come, so that announced bytes
/// cost nothing; a whole frame is handed on, and is held until its batch has committed. Pieces are granted in the order of asking, until
/// `limit` is held. So that waiting always ends, one frame at a time may go beyond the limit: the first that waits when nothing is handed
/// on. Pure; one thread.
class frame_budget {
public:
  using asker = std::uint64_t;

  explicit frame_budget(std::uint64_t limit) : limit_{limit} {}

  /// One more piece of `who`'s frame. True: granted at once. False: it waits; a later call names it.
  bool ask(asker who, std::uint64_t bytes) {
    if ((waiting_.empty() || beyond_ == who) && fits(who, bytes)) {
      grant(who, bytes);
      return true;
    }
    waiting_.push_back({who, bytes});
    return false;
  }

  /// The frame of `who` is whole: what was granted for it stays held until it is released. Returns how much that is.
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

  /// Others wait while unfinished frames hold more than half of the limit. Then their owners should end them or go, whoever began first
  /// before the others: these are they, without those who wait for the budget themselves.
  std::vector<asker> idle_holders() const {
    std::vector<asker> holders;
    if (waiting_.empty() || held_back_ || unfinished_bytes_ <= limit_ / 2)
      return holders;
    for (auto& [order, who] : begun_)
      if (std::none_of(waiting_.begin(), waiting_.end(), [who = who](auto& each) { return each.who == who; }))
        holders.push_back(who);
    return holders;
  }

  std::uint64_t held() const { return handed_on_ + unfinished_bytes_; }
  std::uint64_t unfinished() const { return unfinished_bytes_; }

private:
  struct request {
    asker who;
    std::uint64_t bytes;
  };
  struct frame {
    std::uint64_t order = 0; ///< when it began, among all frames
    std::uint64_t bytes = 0;
  };

  bool fits(asker who, std::uint64_t bytes) const {
    if (held_back_)
      return false;
    if (held() <= limit_ && bytes <= limit_ - held())
      return true;
    return beyond_ ? *beyond_ == who : handed_on_ == 0;
  }

  void grant(asker who, std::uint64_t bytes) {
    if (held() > limit_ || bytes > limit_ - held())
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

  std::vector<asker> grant_waiting() {
    std::vector<asker> granted;
    // The one that may go beyond the limit must not wait behind those who may not.
    if (beyond_)
      for (auto at = waiting_.begin(); at != waiting_.end(); ++at)
        if (at->who == *beyond_) {
          std::rotate(waiting_.begin(), at, at + 1);
          break;
        }
    while (!waiting_.empty() && fits(waiting_.front().who, waiting_.front().bytes)) {
      grant(waiting_.front().who, waiting_.front().bytes);
      granted.push_back(waiting_.front().who);
      waiting_.pop_front();
    }
    return granted;
  }

  std::uint64_t limit_;
  std::uint64_t handed_on_ = 0;
  std::uint64_t unfinished_bytes_ = 0;
  bool held_back_ = false;
  std::optional<asker> beyond_;          ///< the one whose frame may go beyond the limit
  std::map<asker, frame> frames_;        ///< unfinished ones that were granted something
  std::map<std::uint64_t, asker> begun_; ///< the same, in the order in which they began
  std::uint64_t last_order_ = 0;
  std::deque<request> waiting_;
};

} // namespace weir::actors
