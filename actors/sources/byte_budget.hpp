#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <vector>

namespace weir::actors {

/// Who may hold how many bytes: grants in the order of asking, until `limit` is held. When nothing is held the first is always
/// granted, however large, so that waiting always ends. Pure; one thread.
class byte_budget {
public:
  using asker = std::uint64_t;

  explicit byte_budget(std::uint64_t limit) : limit_{limit} {}

  /// True: granted at once. False: waits; a later `release` or `cancel` names it.
  bool ask(asker who, std::uint64_t bytes) {
    if (waiting_.empty() && fits(bytes)) {
      held_ += bytes;
      return true;
    }
    waiting_.push_back({who, bytes});
    return false;
  }

  /// Gives bytes back; returns those who are granted theirs now.
  std::vector<asker> release(std::uint64_t bytes) {
    held_ -= std::min(held_, bytes);
    return grant();
  }

  /// While held back nobody is granted anything, not even the first. Returns those who are granted theirs now.
  std::vector<asker> hold_back(bool hold) {
    held_back_ = hold;
    return grant();
  }

  /// `who` waits no longer; what it was granted stays held.
  std::vector<asker> cancel(asker who) {
    std::erase_if(waiting_, [who](const request& waiting) { return waiting.who == who; });
    return grant();
  }

  std::uint64_t held() const { return held_; }

private:
  struct request {
    asker who;
    std::uint64_t bytes;
  };

  bool fits(std::uint64_t bytes) const {
    return !held_back_ && (held_ == 0 || (held_ <= limit_ && bytes <= limit_ - held_));
  }
  std::vector<asker> grant() {
    std::vector<asker> granted;
    while (!waiting_.empty() && fits(waiting_.front().bytes)) {
      held_ += waiting_.front().bytes;
      granted.push_back(waiting_.front().who);
      waiting_.pop_front();
    }
    return granted;
  }

  std::uint64_t limit_;
  std::uint64_t held_ = 0;
  bool held_back_ = false;
  std::deque<request> waiting_;
};

} // namespace weir::actors
