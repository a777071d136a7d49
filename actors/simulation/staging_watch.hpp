#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

namespace weir::actors::simulation {

/// Judges how much of committed batches a process keeps in memory until they are published: no more than the budget, and the oldest of them. It
/// is told two sums after every step, and each step either stages output, or commits, or publishes; so it knows which part of the sum is of
/// committed batches. Pure.
class staging_watch {
public:
  explicit staging_watch(std::uint64_t budget_bytes) : budget_{budget_bytes} {}

  /// The output of one batch, when that is known. The oldest batch may stay in memory whatever it takes, and may be any.
  void batch_has(std::uint64_t bytes) { largest_batch_ = std::max(largest_batch_, bytes); }

  /// `held`: of all batches, in memory. `unpublished`: of committed ones, in memory or not. Answers what is wrong; empty: nothing.
  std::string holds(std::uint64_t held, std::uint64_t unpublished) {
    if (unpublished > unpublished_) { // what an attempt staged that was amended later counts, too
      batch_has(unpublished - unpublished_);
      uncommitted_ -= std::min(uncommitted_, unpublished - unpublished_);
    } else if (unpublished == unpublished_) {
      uncommitted_ = held > held_ ? uncommitted_ + (held - held_) : uncommitted_ - std::min(uncommitted_, held_ - held);
    }
    uncommitted_ = std::min(uncommitted_, held);
    held_ = held;
    unpublished_ = unpublished;
    auto committed = held - std::min(held, uncommitted_);
    if (committed <= budget_ || committed - budget_ <= largest_batch_)
      return {};
    return "the staging keeps " + std::to_string(committed) + " bytes of committed batches in memory; it may keep " +
           std::to_string(budget_) + ", and one batch, of which none has more than " + std::to_string(largest_batch_);
  }

private:
  std::uint64_t budget_;
  std::uint64_t held_ = 0;
  std::uint64_t unpublished_ = 0;
  std::uint64_t uncommitted_ = 0;
  std::uint64_t largest_batch_ = 0;
};

} // namespace weir::actors::simulation
