#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

namespace weir::actors {

/// How often an output may fail on one batch, and how long it waits before it tries again: longer each time. Pure; one thread.
class failed_attempts {
public:
  static constexpr std::chrono::milliseconds first_pause{100};
  static constexpr std::chrono::milliseconds longest_pause{10'000};

  explicit failed_attempts(std::uint32_t most) : most_{most} {}

  /// One more. The pause before the next attempt; nothing: it has failed often enough.
  std::optional<std::chrono::milliseconds> failed() {
    if (++count_ >= most_)
      return std::nullopt;
    auto doublings = std::min<std::uint32_t>(count_ - 1, 7); // no shift too far
    return std::min(longest_pause, first_pause * (1 << doublings));
  }
  /// The batch was published, or given up.
  void over() { count_ = 0; }

  std::uint32_t count() const { return count_; }

private:
  std::uint32_t most_;
  std::uint32_t count_ = 0;
};

} // namespace weir::actors
