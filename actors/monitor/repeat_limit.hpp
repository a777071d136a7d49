#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace weir::actors {

/// Decides which lines of a log are written: of each kind a few at once, then one now and then; the rest is counted. A token bucket a kind.
/// A pure class on a clock that it is told, in milliseconds, and that never goes back; not thread-safe.
class repeat_limit {
public:
  using time = std::chrono::milliseconds;
  struct terms {
    std::uint32_t burst = 5;
    time refill{10'000};         ///< until one more may be written
    std::size_t max_kinds = 100; ///< further ones share a bucket
  };
  struct suppressed {
    std::string kind;
    std::uint64_t count;
    bool operator==(const suppressed&) const = default;
  };

  explicit repeat_limit(terms bounds) : bounds_{bounds} {}

  /// Whether a line of this kind is written now; otherwise it is counted.
  bool admit(std::string_view kind, time now) {
    auto& of_kind = bucket_of(kind, now);
    fill(of_kind, now);
    if (of_kind.tokens == 0) {
      ++of_kind.suppressed;
      return false;
    }
    --of_kind.tokens;
    return true;
  }

  /// What was counted of kinds that may be written about again. It is not told twice.
  std::vector<suppressed> due(time now) {
    return take([this, now](bucket& full) {
      fill(full, now);
      return full.tokens > 0;
    });
  }

  /// Whatever was counted, at the end.
  std::vector<suppressed> rest() {
    return take([](bucket&) { return true; });
  }

private:
  struct bucket {
    std::uint32_t tokens;
    time filled; ///< up to here time has become tokens
    std::uint64_t suppressed = 0;
  };

  bucket& bucket_of(std::string_view kind, time now) {
    auto known = buckets_.find(kind);
    if (known == buckets_.end() && buckets_.size() >= bounds_.max_kinds)
      known = buckets_.find(kind = "other");
    if (known == buckets_.end())
      known = buckets_.emplace(std::string{kind}, bucket{bounds_.burst, now}).first;
    return known->second;
  }

  void fill(bucket& into, time now) const {
    auto gained = static_cast<std::uint64_t>(std::max<time::rep>(0, (now - into.filled) / bounds_.refill));
    into.filled += gained * bounds_.refill;
    into.tokens = static_cast<std::uint32_t>(std::min<std::uint64_t>(bounds_.burst, into.tokens + gained));
  }

  template <class Wanted>
  std::vector<suppressed> take(Wanted wanted) {
    std::vector<suppressed> told;
    for (auto& [kind, counted] : buckets_)
      if (counted.suppressed > 0 && wanted(counted)) {
        told.push_back({kind, counted.suppressed});
        counted.suppressed = 0;
      }
    return told;
  }

  terms bounds_;
  std::map<std::string, bucket, std::less<>> buckets_;
};

} // namespace weir::actors
